// index_steps ROOT COUNT    makes the first COUNT of a fixed list of changes in the account at ROOT, "done N" for each
// index_steps ROOT          what is there: mailboxes, messages, flags; and what the index and the Maildirs differ in
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "mailpipe/index/account.hpp"

namespace {

using namespace mailpipe;
using namespace mailpipe::index;

unsigned describe(std::string_view, unsigned want, Facts&) {
    return want;
}

[[noreturn]] void die(const Error& error) {
    std::fprintf(stderr, "index_steps: %s\n", error.message.c_str());
    std::exit(1);
}

template <class Value>
Value must(Result<Value> result) {
    if (!result) die(result.error());
    return std::move(*result);
}
void must(Result<void> result) {
    if (!result) die(result.error());
}

void append(Mailbox& mailbox, int first, int count, const FlagSet& flags) {
    auto append = must(mailbox.begin_append());
    for (int i = first; i < first + count; ++i) {
        must(append->begin(flags, 1'000'000'000 + i));
        must(append->octets("Subject: " + std::to_string(i) + "\r\n\r\n"));
        must(append->end());
    }
    must(append->commit());
}

std::vector<std::function<void(Account&)>> changes() {
    const auto box = [](Account& account, const char* name) { return must(account.mailbox(name)); };
    return {
        [](Account& account) { must(account.create("A", {"\\Archive"})); },
        [=](Account& account) { append(*box(account, "INBOX"), 1, 6, {}); },
        [=](Account& account) {
            must(box(account, "INBOX")->store({1, 2, 3}, StoreMode::add, {kSeen, {"work"}}, std::nullopt));
        },
        [=](Account& account) {
            must(box(account, "INBOX")->copy({1, 3}, *box(account, "A"), false));
        },
        [=](Account& account) {
            must(box(account, "INBOX")->copy({2, 4}, *box(account, "A"), true));
        },
        [=](Account& account) {
            must(box(account, "INBOX")->store({3, 5}, StoreMode::add, {kDeleted, {}}, std::nullopt));
        },
        [=](Account& account) { must(box(account, "INBOX")->expunge(std::nullopt)); },
        [](Account& account) { must(account.create("A/B", {})); },
        [=](Account& account) {
            append(*box(account, "A/B"), 7, 2, {kFlagged, {"more"}});
        },
        [](Account& account) { must(account.rename("A", "C/D")); },
        [=](Account& account) { append(*box(account, "C/D"), 9, 1, {}); },
        [](Account& account) { must(account.subscribe("C/D/B", true)); },
        [](Account& account) { must(account.remove("C/D")); },
        [=](Account& account) {
            must(box(account, "C/D/B")->store({1}, StoreMode::replace, {kDraft, {}}, std::nullopt));
        },
    };
}

void change(Account& account, std::size_t count) {
    const auto all = changes();
    for (std::size_t i = 0; i < std::min(count, all.size()); ++i) {
        all[i](account);
        std::printf("done %zu\n", i + 1);
        std::fflush(stdout);
    }
}

void show(Account& account) {
    for (const MailboxInfo& info : must(account.mailboxes())) {
        std::printf("%s%s%s\n", info.name.c_str(), info.exists ? "" : " -",
                    info.subscribed ? " subscribed" : "");
        if (!info.exists) continue;
        const auto mailbox = must(account.mailbox(info.name));
        const auto now = mailbox->snapshot();
        std::printf("  next %u\n", now->uid_next());
        now->for_each([&](std::size_t, const Message& message) {
            const std::string text = must(mailbox->text(message.uid));
            std::printf("  %u %x %s", message.uid, message.flags, text.substr(9, text.find('\r') - 9).c_str());
            for (std::size_t i = 0; i < now->keywords().size(); ++i) {
                if ((message.keywords >> i & 1) != 0) std::printf(" %s", now->keywords()[i].c_str());
            }
            std::printf("\n");
        });
    }
    for (const std::string& problem : must(account.check()).problems)
        std::printf("problem: %s\n", problem.c_str());
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) return 64;
    const auto account = must(Account::open(argv[1], describe));
    if (argc > 2) {
        change(*account, std::strtoul(argv[2], nullptr, 10));
    } else {
        show(*account);
    }
    return 0;
}

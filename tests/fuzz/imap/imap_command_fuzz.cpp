#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/imap/server/session.hpp"

// Input: what is enabled; then a command behind its tag, sent to a session with a selected mailbox.
namespace {

namespace server = mailpipe::imap::server;
namespace wire = mailpipe::wire;

void require(bool holds) {
    if (!holds) std::abort();
}

void check_mailbox(const std::string& name, bool may_be_empty = false) {
    require((may_be_empty || !name.empty()) && mailpipe::is_utf8(name));
    require(std::none_of(name.begin(), name.end(), mailpipe::ascii::is_control));
}

void check_set(const server::NumberSet& set) {
    if (set.is_saved_result()) return;
    const server::Ranges ranges = set.resolve(1000);
    const std::string text = server::encode_ranges(ranges);
    const auto again = server::NumberSet::parse(text);
    require(again.has_value() && again->resolve(1000) == ranges);
}

void check_items(const std::vector<server::FetchItem>& items) {
    for (const server::FetchItem& item : items) {
        require(!item.label.empty() && mailpipe::ascii::is_ascii(item.label));
        require(std::none_of(item.label.begin(), item.label.end(), mailpipe::ascii::is_control));
        for (const std::string& field : item.section.fields)
            require(!field.empty() && field.find_first_of(": \r\n") == std::string::npos);
    }
}

// What the engine may rely on.
struct Check {
    template <class T>
    void operator()(const T&) const {}
    void operator()(const server::Select& c) const { check_mailbox(c.mailbox); }
    void operator()(const server::Create& c) const { check_mailbox(c.mailbox); }
    void operator()(const server::Rename& c) const {
        check_mailbox(c.from);
        check_mailbox(c.to);
    }
    void operator()(const server::List& c) const {
        check_mailbox(c.reference, true);
        require(!c.patterns.empty());
        for (const std::string& pattern : c.patterns)
            check_mailbox(pattern, true);
    }
    void operator()(const server::Status& c) const {
        check_mailbox(c.mailbox);
        require(!c.items.empty());
    }
    void operator()(const server::SetAcl& c) const { check_mailbox(c.identifier); }
    void operator()(const server::GetMetadata& c) const {
        check_mailbox(c.mailbox, true);
        require(!c.entries.empty());
    }
    void operator()(const server::Search& c) const { require(c.query != nullptr); }
    void operator()(const server::Sort& c) const { require(c.query != nullptr && !c.program.empty()); }
    void operator()(const server::Thread& c) const { require(c.query != nullptr); }
    void operator()(const server::Fetch& c) const {
        check_set(c.set);
        check_items(c.items);
        require(!c.items.empty());
    }
    void operator()(const server::Store& c) const {
        check_set(c.set);
        for (const std::string& flag : c.flags)
            check_mailbox(flag);
    }
    void operator()(const server::Copy& c) const {
        check_set(c.set);
        check_mailbox(c.mailbox);
    }
    void operator()(const server::Notify& c) const {
        for (const server::Notify::Group& group : c.groups)
            check_items(group.fetch);
    }
};

// Until it has nothing more to say; what it said.
std::string drain(server::Session& session) {
    std::string said;
    while (true) {
        const auto step = session.next();
        if (std::holds_alternative<wire::NeedInput>(step) || std::holds_alternative<wire::Failed>(step) ||
            std::holds_alternative<server::PeerQuit>(step)) {
            return said;
        }
        if (const auto* output = std::get_if<wire::Output>(&step)) {
            said += output->octets;
        } else if (std::holds_alternative<server::LoginRequested>(step)) {
            session.login_accepted("alice");
        } else if (const auto* command = std::get_if<server::CommandRequested>(&step)) {
            std::visit(Check{}, command->command);
            if (std::holds_alternative<server::Select>(command->command)) session.selected(true);
            session.complete(server::Completion::ok, "", "Done");
        } else if (std::holds_alternative<server::IdleEnded>(step) ||
                   std::holds_alternative<server::AppendEnd>(step)) {
            session.complete(server::Completion::ok, "", "Done");
        } else {
            session.go_on();
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    server::Options options;
    options.host_name = "imap.example.org";
    options.login_without_tls = true;
    server::Session session(std::move(options));
    std::string start = "a LOGIN alice secret\r\n";
    if (data[0] & 1) start += "b ENABLE UTF8=ACCEPT\r\n";
    if (data[0] & 2) start += "b ENABLE IMAP4rev2\r\n";
    if (data[0] & 4) start += "b ENABLE QRESYNC\r\n";
    if (data[0] & 8) start += "b ENABLE UIDONLY\r\n";
    session.feed(start + "c SELECT INBOX\r\n");
    drain(session);
    session.feed("t ");
    session.feed(std::string_view(reinterpret_cast<const char*>(data) + 1, size - 1));
    session.feed("\r\n");
    drain(session);
    return 0;
}

#include "mailpipe/app/aliases.hpp"

#include <gtest/gtest.h>

#include "mailpipe/base/limits.hpp"

namespace mailpipe::app {
namespace {

constexpr std::string_view kFile =
    "# system accounts\n"
    "root: alice, bob@example.net\n"
    "Postmaster: root\n"
    "mailer-daemon:\tpostmaster\n"
    "all: alice,\n"
    "  \"carol jones\"@example.net ,\n"
    "\n"
    "# in between\n"
    "\troot\n"
    "self: self, alice\n"
    "final: \\root\n"
    "a: b\n"
    "b: a\n"
    "list: :include:/lists/one\n"
    "pipe: \"|/bin/program arg\"\n"
    "pipe2: |program\n"
    "file: /var/mail/file\n"
    "broken: not an address @\n"
    "\"quoted name\": alice\n"
    "nobody:\n"
    "double: alice\n"
    "double: bob\n";

Result<std::string> read_file(const std::string& path) {
    if (path == "/lists/one") return "# members\nalice, dave@example.net\n:include:/lists/two\n";
    if (path == "/lists/two") return "erin@example.net\n:include:/lists/one\n";
    return fail(Errc::config, path + ": cannot be read");
}

std::string expand(std::string_view address) {
    const auto aliases = Aliases::parse(kFile, "aliases", {{"here.example"}}).value();
    const auto found = aliases.expand(address, read_file);
    if (!found) return "! " + found.error().message;
    std::string text;
    for (const smtp::Mailbox& mailbox : *found)
        text += (text.empty() ? "" : " ") + mailbox.encode();
    return text;
}

TEST(Aliases, Expand) {
    const std::pair<std::string_view, std::string_view> rows[] = {
        {"alice", "alice@here.example"},
        {"x@example.org", "x@example.org"},
        {"root", "alice@here.example bob@example.net"},
        {"ROOT@here.example", "alice@here.example bob@example.net"},
        {"root@example.org", "root@example.org"},
        {"mailer-daemon", "alice@here.example bob@example.net"},
        {"all", "alice@here.example \"carol jones\"@example.net bob@example.net"},
        {"self", "self@here.example alice@here.example"},
        {"final", "root@here.example"},
        {"list", "alice@here.example dave@example.net erin@example.net"},
        {"\"quoted name\"@here.example", "alice@here.example"},
        {"double", "bob@here.example"},
    };
    for (const auto& [address, mailboxes] : rows)
        EXPECT_EQ(expand(address), mailboxes) << address;
}

TEST(Aliases, Refused) {
    const std::pair<std::string_view, std::string_view> rows[] = {
        {"pipe", "alias pipe: it leads to a command"},
        {"pipe2", "alias pipe2: it leads to a command"},
        {"file", "alias file: it leads to a file"},
        {"broken", "alias broken: \"not an address @\""},
        {"a b", "\"a b\" is not an address"},
        {"x\n@y", "\"x\n@y\" is not an address"},
        {"|sh", "it leads to a command"},
        {":include:relative", "an included file"},
        {"a", "it leads to nobody"},
        {"nobody", "it leads to nobody"},
        {":include:/none", "/none: cannot be read"},
    };
    for (const auto& [address, says] : rows)
        EXPECT_EQ(expand(address).substr(2, says.size()), says);
}

TEST(Aliases, DepthAndSize) {
    std::string chain;
    for (std::size_t i = 0; i <= limits::kAliasDepth + 1; ++i)
        chain += "n" + std::to_string(i) + ": n" + std::to_string(i + 1) + "\n";
    const auto aliases = Aliases::parse(chain, "f", {{"h.example"}}).value();
    EXPECT_EQ(aliases.expand("n0", read_file).error().kind, Errc::config);
    EXPECT_TRUE(aliases.expand("n10", read_file));
    EXPECT_FALSE(Aliases::parse(std::string(limits::kAliasesFile + 1, '\n'), "f", {{"h"}}));
    EXPECT_EQ(Aliases::parse("good: x\nbad line\n", "f", {{"h"}}).error().message.substr(0, 5), "f:2: ");
}

TEST(Aliases, IncludedFilesAreReadOnce) {
    auto aliases = Aliases::parse("list: a, :include:/one, b\nbad: :include:relative\n", "f", {{"h.example"}});
    ASSERT_TRUE(aliases.has_value());
    std::vector<std::string> read;
    const auto reader = [&read](const std::string& path) -> Result<std::string> {
        read.push_back(path);
        if (path == "/one") return "# comment\nc, :include:/two\n:include:/one\n";
        return "d\n";
    };
    EXPECT_EQ(aliases->read_included(reader).error().message,
              "alias bad: an included file has an absolute path");
    aliases = Aliases::parse("list: a, :include:/one, b\n", "f", {{"h.example"}});
    read.clear();
    ASSERT_TRUE(aliases->read_included(reader).has_value());
    EXPECT_EQ(read, (std::vector<std::string>{"/one", "/two"}));
    const auto found = aliases->expand("list", [](const std::string&) { return fail(Errc::io, "none"); });
    ASSERT_TRUE(found.has_value()) << found.error().message;
    std::string names;
    for (const smtp::Mailbox& mailbox : *found)
        names += mailbox.local_part;
    EXPECT_EQ(names, "acdb");
    aliases = Aliases::parse("list: :include:/gone\n", "f", {{"h.example"}});
    EXPECT_EQ(aliases->read_included([](const std::string&) { return fail(Errc::io, "/gone: none"); })
                  .error()
                  .message,
              "alias list: /gone: none");
}

TEST(Aliases, AddressesDetailsAndCatchAll) {
    AliasScope scope;
    scope.domains = {"here.example", "also.example"};
    scope.detail_separators = "+";
    scope.exists = [](const smtp::Mailbox& mailbox) {
        return mailbox.domain == "here.example" &&
               (mailbox.local_part == "alice" || mailbox.local_part == "a+b");
    };
    const auto aliases = Aliases::parse(
        "info: alice\ninfo@shop.example: bob@far.example\n@here.example: alice\n@shop.example: "
        "sales@shop.example\n"
        "sales@shop.example: alice\na: nobody@far.example\nalice+special: carol@far.example\n",
        "f", scope);
    ASSERT_TRUE(aliases.has_value());
    const auto expand = [&aliases](const char* address) {
        const auto found = aliases->expand(address, [](const std::string&) { return fail(Errc::io, "none"); });
        std::string text;
        for (const smtp::Mailbox& mailbox : found.value_or(std::vector<smtp::Mailbox>{}))
            text += (text.empty() ? "" : " ") + mailbox.encode();
        return text;
    };
    EXPECT_EQ(expand("info@here.example"), "alice@here.example");
    EXPECT_EQ(expand("INFO@also.example"), "alice@here.example");
    EXPECT_EQ(expand("info@shop.example"), "bob@far.example");
    EXPECT_EQ(expand("info+x@shop.example"), "bob@far.example");
    EXPECT_EQ(expand("other@shop.example"), "alice@here.example");
    EXPECT_EQ(expand("unknown@here.example"), "alice@here.example");
    EXPECT_EQ(expand("unknown@also.example"), "unknown@also.example");
    EXPECT_EQ(expand("alice+lists@here.example"), "alice+lists@here.example");
    EXPECT_EQ(expand("alice+special@here.example"), "carol@far.example");
    EXPECT_EQ(expand("a+b@here.example"), "a+b@here.example");
    EXPECT_EQ(expand("a+c@here.example"), "nobody@far.example");
    EXPECT_EQ(aliases->names().size(), 7U);
}

}  // namespace
}  // namespace mailpipe::app

#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/imap/server_describe.hpp"
#include "tests/unit/imap/server_driver.hpp"

namespace mailpipe::imap::server::test {

// A command and what it is read as, or the tagged response that refuses it, without its tag.
struct ParseRow {
    std::string_view command;
    std::string_view result;
};

inline std::string read_as(Driver& server, std::string_view command) {
    server.commands.clear();
    const std::string said = server.talk("t " + std::string(command) + "\r\n");
    if (!server.commands.empty()) return describe(server.commands.back());
    return said.starts_with("t ") && said.size() > 4 ? said.substr(2, said.size() - 4) : said;
}

// In the selected state, after `enabled` has been enabled.
inline Driver selected(std::string_view enabled = "", Options options = loopback_options()) {
    Driver server(std::move(options));
    server.login();
    if (!enabled.empty()) server.talk("e ENABLE " + std::string(enabled) + "\r\n");
    server.talk("s SELECT INBOX\r\n");
    return server;
}

inline void expect_rows(Driver& server, const std::vector<ParseRow>& rows) {
    server.on_command = [&server](const Command&) { server.session.complete(Completion::ok, "", "Done"); };
    for (const ParseRow& row : rows) {
        EXPECT_EQ(read_as(server, row.command), row.result) << row.command;
        // Refusals are not to add up.
        server.talk("n NOOP\r\n");
    }
}
inline void expect_rows(const std::vector<ParseRow>& rows) {
    Driver server = selected();
    expect_rows(server, rows);
}

}  // namespace mailpipe::imap::server::test

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/base/secret.hpp"

namespace mailpipe::app {

struct NetrcEntry {
    std::string machine;  // lower case; empty: the default entry
    std::string login;    // empty: any
    Secret password;
};

// The file format of ftp(1): "machine NAME", "default", "login", "password", "account" and "macdef"; values may
// be quoted with \" \\ \n \r \t as in curl, "#" begins a comment where a keyword may stand. Error config with
// the line number, and never with what stands there.
Result<std::vector<NetrcEntry>> parse_netrc(std::string_view text);

// The first entry of the machine whose login is `user` or missing (any login for an empty user), else the
// default one.
const NetrcEntry* find_netrc(const std::vector<NetrcEntry>& entries, std::string_view host,
                             std::string_view user);

}  // namespace mailpipe::app

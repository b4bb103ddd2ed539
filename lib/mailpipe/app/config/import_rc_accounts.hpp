#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/app/config/import.hpp"

// The configuration files of mpop(1) and msmtp(1): one command a line, its argument in quotation marks or not. "defaults"
// begins what the accounts behind it start with, "account NAME : BASE,..." an account.
namespace mailpipe::app::config {

using RcSettings = std::map<std::string, std::string, std::less<>>;

struct RcCommand {
    std::string_view name;
    std::string_view why;  // there is no equivalent; empty: there is one
};

struct RcAccount {
    std::string name;
    RcSettings settings;             // of commands with an equivalent; that of "password" is empty
    std::vector<std::string> notes;  // about the others
    std::string alias_of;            // it is the same as that one, as long as it sets nothing
};

// Calls `write` for each account that is not merely another name.
void read_rc_accounts(std::string_view text, std::string_view program, std::span<const RcCommand> commands,
                      Import& import, const std::function<void(const RcAccount&)>& write);

bool is_on(std::string_view text);
// "" when there is none.
std::string value_of(const RcSettings& settings, std::string_view name);
// Whether there is TLS, and a note and a key where there is none. `program` is who was told so.
bool write_rc_tls(const RcSettings& settings, std::string_view program, Import::Account& out);
// Password, certificates, proxy, timeout.
void write_rc_client(const RcSettings& settings, Import::Account& out);

}  // namespace mailpipe::app::config

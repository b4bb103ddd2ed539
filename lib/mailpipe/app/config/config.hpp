#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/app/config/keys.hpp"

// The file config.toml (mail-config(5)): TOML 1.0 with the sections [defaults], [host."NAME"],
// [account.NAME] and [send].
namespace mailpipe::app::config {

// What a section sets, without "source" and "server".
using Section = std::map<const Key*, Value>;

struct Account {
    std::string name;
    std::vector<std::string> sources;  // locations
    std::string server;                // location, or empty
    Section settings;
};

struct Config {
    Section defaults;                      // for accounts
    std::map<std::string, Section> hosts;  // by the name in lower case
    std::vector<Account> accounts;         // in the order of the file
    Section send;                          // of sendmail's interface

    const Account* find_account(std::string_view name) const;
};

SendSettings send_settings(const Config& config);

struct Parsed {
    Config config;                    // what is usable of it
    std::vector<std::string> errors;  // "FILE:LINE: what is wrong", in the order of the file; empty: none
};

// `file` is for the errors. In a location or a file name of the text "~/" is `home`, which is also what a
// relative path is relative to; without a home such paths are errors. Behind an error of TOML's grammar nothing is
// looked at; all other errors are reported. Limits: kConfigFile, kConfigKeyParts, toml++'s 256 nested values.
Parsed parse_config(std::string_view text, const std::string& file, const std::string& home);

}  // namespace mailpipe::app::config

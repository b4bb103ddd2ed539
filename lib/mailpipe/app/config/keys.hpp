#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/app/fetch/fetch.hpp"

// The keys of config.toml (mail-config(5)). Each is a row of one table: a key is spelled like an option of the
// command line without its "--", and means the same.
namespace mailpipe::app::config {

// Of sendmail's interface.
struct SendSettings {
    std::string server;   // a location or "@ACCOUNT"; empty: none
    std::string aliases;  // a file; empty: /etc/aliases
    std::string domain;   // of local names; empty: this host's name
    bool queue = false;   // mail waits in the queue; without a server it always does
};

// What the keys say, in plain values.
struct Settings {
    FetchSettings fetch;  // with the client options of all commands
    std::size_t jobs = FetchOptions().jobs;
    MessageFormat format = FetchOptions().format;
    Summary summary = FetchOptions().summary;
    std::optional<std::string> from;  // mail-send; empty: the null reverse-path
    SendSettings send = {};
};

// A value as it stands in the file. Paths in `texts` are absolute.
struct Value {
    bool flag = false;
    double number = 0;
    std::vector<std::string> texts;
};

enum class ValueKind {
    flag,       // true or false
    count,      // an integer from 0
    seconds,    // a number
    quantity,   // a string, or an integer
    text,       // a string
    texts,      // a string or an array of strings
    command,    // a string for sh -c; the only one that may hold control characters
    path,       // of a file
    location,   // one
    locations,  // one, or an array
    rules,      // of --route: "SEARCH-KEYS -> location", one or an array
};

// The sections that a key may stand in.
enum Sections : unsigned { kDefaults = 1, kHost = 2, kAccount = 4, kSend = 8 };

struct Key {
    std::string_view name;
    ValueKind kind;
    unsigned sections;
    // What cannot stand beside it: it replaces these where they were set farther from the account.
    std::vector<std::string_view> replaces;
    // Errors: usage, with what is wrong with the value.
    Result<void> (*apply)(const Value& value, Settings& settings);
};

std::span<const Key> keys();
const Key* find_key(std::string_view name);

}  // namespace mailpipe::app::config

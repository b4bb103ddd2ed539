#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "mailpipe/app/options.hpp"
#include "mailpipe/base/export.hpp"

namespace mailpipe::app {

enum class ShowWhat { text, json, part, headers, structure, raw, extract };

struct ShowOptions {
    CommonOptions common;
    ClientOptions client;
    std::vector<std::string> locations;  // empty: stdin
    bool refs_from_stdin = false;
    ShowWhat what = ShowWhat::text;
    std::vector<std::string> fields;  // of ShowWhat::text, in this order; empty: the main ones
    std::optional<std::size_t>
        width;  // columns of text and headers; 0: not wrapped; nullopt: those of the terminal
    When pager = When::automatic;                  // of text, headers and structure; automatic: on a terminal
    bool attachments = false;                      // for ShowWhat::json: with the octets of the parts
    std::string part;                              // its number, Content-ID or file name, for ShowWhat::part
    std::string extract_to;                        // the directory, for ShowWhat::extract
    MessageFormat format = MessageFormat::rfc822;  // for ShowWhat::raw
};

// Runs mail-show; the exit status.
MAILPIPE_EXPORT int run_show(const ShowOptions& options);

}  // namespace mailpipe::app

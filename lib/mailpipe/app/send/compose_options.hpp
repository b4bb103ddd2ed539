#pragma once

#include <optional>
#include <string>
#include <vector>

namespace mailpipe::app {

// Copies of what was sent.
struct FccOptions {
    std::string location;  // empty: none
    bool retry = false;    // only make those that were kept
};

// A message that the command line describes.
struct ComposeOptions {
    std::vector<std::string> to;  // address lists
    std::vector<std::string> cc;
    std::vector<std::string> bcc;
    std::optional<std::string> subject;
    std::string text_file;  // "-": stdin; empty: none
    std::string html_file;
    std::vector<std::string> attachments;  // files
    std::vector<std::string> inlines;      // files that the HTML names as cid:NAME
    std::vector<std::string> headers;      // "NAME: VALUE"
    std::string merge_file;                // JSONL: a message for each object; "-": stdin

    bool active() const {
        return !to.empty() || !cc.empty() || !bcc.empty() || subject || !text_file.empty() ||
               !html_file.empty() || !attachments.empty() || !inlines.empty() || !headers.empty() ||
               !merge_file.empty();
    }
};

}  // namespace mailpipe::app

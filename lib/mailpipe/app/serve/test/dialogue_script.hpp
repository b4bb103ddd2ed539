#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/app/serve/test/fault.hpp"
#include "mailpipe/base/error.hpp"

namespace mailpipe::app::serve {

// Dialogues as DialogueLog writes them:
//
//     C: TEXT, S: TEXT   a line of client or server, to which CRLF is added
//     C| TEXT, S| TEXT   the same without CRLF
//     C*, S*             TLS begins
//     # connection ...   the next dialogue begins; what follows may name its protocol: smtp://..., lmtp, pop3s
//     # ..., empty       a comment
//
// \r \n \t \0 \\ and \xHH are escapes. "***" in a line of the client is any text.
struct ScriptLine {
    bool from_client = false;
    bool tls_begins = false;
    std::string octets;
    std::size_t number = 0;  // in the file, from 1
};
struct Dialogue {
    std::optional<FaultProtocol> protocol;  // none: any
    std::vector<ScriptLine> lines;
};

// Errors: not_found, io; data with the number of a line that is none.
Result<std::vector<Dialogue>> read_dialogues(const std::string& path);

bool matches_line(std::string_view expected, std::string_view got);

// The dialogues of a run, each of which is played once, in order, to whoever comes next over its protocol. From any
// thread.
class Repertoire {
 public:
    explicit Repertoire(std::vector<Dialogue> dialogues);

    const Dialogue* next(FaultProtocol protocol);  // nullptr: none is left
    void played(bool whole);
    bool all_played() const;
    bool mismatched() const;

 private:
    mutable std::mutex mutex_;
    std::vector<Dialogue> dialogues_;
    std::vector<bool> taken_;
    std::size_t played_ = 0;
    bool mismatched_ = false;
};

}  // namespace mailpipe::app::serve

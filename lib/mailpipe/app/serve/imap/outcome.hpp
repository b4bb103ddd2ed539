#pragma once

#include <string>
#include <string_view>

#include "mailpipe/base/error.hpp"
#include "mailpipe/imap/server/session.hpp"

namespace mailpipe::app::serve {

// The tagged response to a command.
struct Outcome {
    imap::server::Completion completion = imap::server::Completion::ok;
    std::string code = {};  // without brackets
    std::string text = {};
    bool broken = false;  // a response could not be finished: the connection must end
};

inline Outcome done(std::string text, std::string code = {}) {
    return {imap::server::Completion::ok, std::move(code), std::move(text)};
}
inline Outcome refused(std::string code, std::string text) {
    return {imap::server::Completion::no, std::move(code), std::move(text)};
}
inline Outcome bad(std::string text) {
    return {imap::server::Completion::bad, "CLIENTBUG", std::move(text)};
}
// What a client is told of an error: a code of RFC 5530 by its kind. Paths of this host are not told.
Outcome refusal_of(const Error& error);
Outcome no_such_mailbox();

}  // namespace mailpipe::app::serve

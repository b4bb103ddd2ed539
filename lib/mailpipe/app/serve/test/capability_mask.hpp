#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/app/serve/test/fault.hpp"

namespace mailpipe::app::serve {

// --without: capabilities that a server does not announce, and whose commands and parameters it does not know.
class CapabilityMask {
 public:
    // Names with commas between them, or commands such as EHLO. Those of IMAP are as announced, but without a value. Error usage, with what was probably meant.
    Result<void> add(const std::string& names);
    bool empty() const { return names_.empty(); }
    const std::set<std::string, std::less<>>& names() const { return names_; }

    // The reply to a command line (without CRLF) that is not known then.
    std::optional<std::string> refusal(FaultProtocol protocol, std::string_view verb,
                                       std::string_view argument) const;
    // A line of a server (without CRLF) without what is hidden; nullopt: the whole line is. `verb`: the command that it
    // answers, empty for the greeting; `listed`: it stands in a multi-line reply, behind the first line.
    std::optional<std::string> masked(FaultProtocol protocol, std::string_view verb, bool listed,
                                      std::string_view line) const;

 private:
    bool has(std::string_view name) const { return names_.find(name) != names_.end(); }

    std::set<std::string, std::less<>> names_;
};

}  // namespace mailpipe::app::serve

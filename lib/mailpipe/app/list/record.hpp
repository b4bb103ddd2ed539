#pragma once

#include <string>
#include <vector>

#include "mailpipe/app/list/candidate.hpp"
#include "mailpipe/email/email.hpp"
#include "mailpipe/email/header_form.hpp"

namespace mailpipe::app {

// Which properties of a message are written (--fields).
class RecordFields {
 public:
    RecordFields() = default;  // the envelope

    // Properties of the envelope, threadId, depth, or those of email/header_form.hpp. Error usage for others.
    static Result<RecordFields> parse(const std::vector<std::string>& properties);

    bool are_chosen() const { return !properties_.empty(); }
    email::Json record(const Candidate& candidate) const;
    // The same as a line of JSON without its line end; faster.
    std::string line(const Candidate& candidate) const;
    void append_line(const Candidate& candidate, std::string& out) const;
    bool has(std::string_view property) const;  // true for all when none were named

 private:
    std::vector<std::string> properties_;
    std::vector<email::HeaderProperty> header_properties_;  // those among them, in order
};

}  // namespace mailpipe::app

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/export.hpp"

namespace mailpipe::email {

// The body of a message/disposition-notification (RFC 8098 section 3.1): what a recipient's mail program did with a
// message. Empty when it does not say.
struct DispositionReport {
    std::string final_recipient;
    std::string original_recipient;
    std::string original_message_id;
    std::string reporting_ua;  // "foo.example.com; Foomail 97.1"
    // disposition-field = action-mode "/" sending-mode ";" disposition-type ["/" modifier *("," modifier)], lower case
    bool manual_action = false;
    bool sent_manually = false;
    std::string type;  // displayed, deleted, dispatched, processed; older ones: denied, failed
    std::vector<std::string> modifiers;
    std::vector<std::string> errors;  // of Error, Failure and Warning
};

MAILPIPE_EXPORT DispositionReport parse_disposition_report(std::string_view body);

// "joe@example.com's mail program displayed the message (the user agreed to this notice)". One line.
MAILPIPE_EXPORT std::string disposition_sentence(const DispositionReport& report);

}  // namespace mailpipe::email

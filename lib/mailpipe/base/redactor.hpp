#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/base/secret.hpp"

namespace mailpipe {

// Takes out of a server's words what it was told in confidence, before they go into an error, a trace or a receipt:
// servers repeat commands that they do not understand, and hostile ones do it on purpose. Text must be cleaned before
// it is cut, or the beginning of a secret stays.
class MAILPIPE_EXPORT Redactor {
 public:
    // A password, a token, or a message of a SASL exchange before base64. It is found whatever its case, as an IMAP
    // quoted string, and in the base64 of any text around it. One of less than 4 octets is not: it is a piece of other
    // words as well.
    void add(std::string_view secret);

    // The text with "***" in place of each secret.
    std::string clean(std::string_view text) const;
    Error clean(Error error) const;

 private:
    struct Needle {
        Secret text;  // lower case
        bool base64 = false;
    };
    void add_needle(std::string text, bool base64);

    std::vector<Needle> needles_;
};

}  // namespace mailpipe

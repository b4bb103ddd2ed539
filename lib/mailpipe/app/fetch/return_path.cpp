#include "mailpipe/app/fetch/return_path.hpp"

#include <string>

namespace mailpipe::app {

// return = "Return-Path:" path CRLF ; path = angle-addr / ([CFWS] "<" [CFWS] ">" [CFWS])      RFC 5322 section 3.6.7
smtp::Mailbox return_path(const mime::Header& header) {
    const mime::Field* field = header.find("Return-Path");
    if (field == nullptr) return {};
    const std::string value = mime::unfold(field->value);
    const std::size_t first = value.find('<');
    const std::size_t last = value.rfind('>');
    std::string path;
    if (first != std::string::npos && last != std::string::npos && first < last) {
        path = value.substr(first, last + 1 - first);
    } else {
        // Some deliveries leave the brackets out.
        const std::size_t begin = value.find_first_not_of(" \t");
        if (begin == std::string::npos) return {};
        path = "<" + value.substr(begin, value.find_last_not_of(" \t") + 1 - begin) + ">";
    }
    return smtp::parse_return_path(path).value_or(smtp::Mailbox{});
}

}  // namespace mailpipe::app

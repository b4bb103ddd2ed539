#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/export.hpp"
#include "mailpipe/mime/limit.hpp"

namespace mailpipe::mime {

// The msg-ids of a Message-ID, In-Reply-To or References field (RFC 5322 section 3.6.4) without the angle
// brackets, in order. Phrases and comments of the obsolete forms are passed over; when nothing is in brackets,
// words with "@" count. White space inside of brackets is dropped. UTF-8. Empty when there is none. The first
// kFieldItems; when there are more, `limits` says so.
MAILPIPE_EXPORT std::vector<std::string> parse_message_ids(std::string_view value, LimitSet* limits = nullptr);
// Calls use() with each of them instead.
void for_each_message_id(std::string_view value, const std::function<void(std::string_view)>& use,
                         LimitSet* limits = nullptr);

}  // namespace mailpipe::mime

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/app/show/text_block.hpp"
#include "mailpipe/mime/header.hpp"

namespace mailpipe::app {

// The fields that text shows when no others are chosen, in the order in which it shows them.
const std::vector<std::string>& main_field_names();

// What a field says: addresses and encoded words decoded, one line. A name is quoted where it could be taken for an
// address or for several: "boss@example.com, x" <evil@example.net>.
std::string field_text(const mime::Field& field);

// The fields of these names, ignoring case, in this order.
TextBlocks chosen_fields(const mime::Header& header, const std::vector<std::string>& names);

// All of them, in the order of the message.
TextBlocks all_fields(const mime::Header& header);

}  // namespace mailpipe::app

#include <cstdint>
#include <cstdlib>

#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/mime/address.hpp"
#include "mailpipe/mime/date.hpp"
#include "mailpipe/mime/encoded_word.hpp"
#include "mailpipe/mime/header.hpp"
#include "mailpipe/mime/message_id.hpp"
#include "mailpipe/mime/parameter.hpp"
#include "mailpipe/mime/transfer.hpp"

using namespace mailpipe;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

void check_parameters(const mime::ParameterList& list) {
    for (const mime::Parameter& parameter : list.parameters) {
        require(!parameter.name.empty() && is_utf8(parameter.name) && is_utf8(parameter.value));
    }
}

// Decoding in pieces yields the same as at once.
void check_transfer(std::string_view text, mime::TransferEncoding encoding) {
    bool problem = false;
    const std::string whole = mime::decode_transfer(text, encoding, &problem);
    mime::TransferDecoder decoder(encoding);
    std::string pieces;
    for (std::size_t i = 0; i < text.size(); i += 3)
        decoder.append(text.substr(i, 3), pieces);
    decoder.finish(pieces);
    require(pieces == whole && decoder.problem() == problem);
}

}  // namespace

// One field value through every parser of values.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view value(reinterpret_cast<const char*>(data), size);
    require(is_utf8(mime::decode_text(value).text));
    for (const auto& address : mime::flatten(mime::parse_address_list(value))) {
        require(is_utf8(address.name) && is_utf8(address.email));
        require(!address.name.empty() || !address.email.empty());
    }
    for (const auto& id : mime::parse_message_ids(value))
        require(!id.empty() && is_utf8(id));
    check_parameters(mime::parse_content_type(value).parameters);
    check_parameters(mime::parse_content_disposition(value).parameters);
    if (const auto date = mime::parse_date(value)) {
        require(date->year >= 1 && date->year <= 9999);
        const auto utc = mime::utc_date(mime::epoch_seconds(*date));
        require(mime::epoch_seconds(utc) == mime::epoch_seconds(*date) || date->year == 1 ||
                date->year == 9999);
        require(mime::parse_date(mime::rfc3339(*date)) == std::nullopt);
    }
    check_transfer(value, mime::TransferEncoding::base64);
    check_transfer(value, mime::TransferEncoding::quoted_printable);
    if (size > 0) {
        // The first octet chooses a charset.
        static constexpr const char* kLabels[] = {
            "utf-8", "iso-2022-jp", "shift_jis", "euc-jp", "gb18030", "big5",      "euc-kr",
            "utf-7", "utf-16",      "utf-16be",  "koi8-r", "",        "iso-8859-8"};
        const std::size_t choice = data[0] % std::size(kLabels);
        require(is_utf8(mime::decode_charset(value.substr(1), kLabels[choice]).text));
    }
    mime::parse_header(value);
    return 0;
}

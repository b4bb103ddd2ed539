#include "mailpipe/app/show/header_view.hpp"

#include <algorithm>
#include <array>

#include "mailpipe/app/show/views.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/mime/address.hpp"
#include "mailpipe/mime/encoded_word.hpp"

namespace mailpipe::app {
namespace {

constexpr auto kAddressFields = std::to_array<std::string_view>(
    {"From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Resent-From", "Resent-Sender", "Resent-To", "Resent-Cc",
     "Resent-Bcc", "Mail-Followup-To", "Mail-Reply-To", "Disposition-Notification-To"});

std::string address_text(const mime::Address& address) {
    if (address.name.empty()) return address.email;
    std::string name = address.name;
    if (name.find_first_of("()<>[]:;@\\,\"") != std::string::npos) {
        std::string quoted;
        for (const char c : name) {
            if (c == '"' || c == '\\') quoted += '\\';
            quoted += c;
        }
        name = '"' + quoted + '"';
    }
    return address.email.empty() ? name : name + " <" + address.email + ">";
}

std::string addresses_text(std::string_view value) {
    std::string out;
    for (const mime::AddressGroup& group : mime::parse_address_list(value)) {
        if (!out.empty()) out += ", ";
        if (group.name) out += *group.name + ":";
        for (std::size_t i = 0; i < group.addresses.size(); ++i) {
            if (i > 0) out += ',';
            if (i > 0 || group.name) out += ' ';
            out += address_text(group.addresses[i]);
        }
        if (group.name) out += ';';
    }
    return out;
}

TextBlock field_block(std::string_view name, std::string text) {
    TextBlock block;
    block.tone = Tone::field;
    block.indent = std::string(name) + ": ";
    block.hang = "    ";
    block.text = std::move(text);
    return block;
}

}  // namespace

const std::vector<std::string>& main_field_names() {
    static const std::vector<std::string> names = {"From", "Sender", "Reply-To", "To",
                                                   "Cc",   "Bcc",    "Date",     "Subject"};
    return names;
}

std::string field_text(const mime::Field& field) {
    const bool addresses =
        std::any_of(kAddressFields.begin(), kAddressFields.end(),
                    [&](std::string_view name) { return ascii::equals_ignore_case(name, field.name); });
    std::string text = addresses ? addresses_text(field.value) : std::string();
    // What is no address, too, was meant for the reader.
    if (text.empty()) text = mime::decode_text(field.value).text;
    return one_line(std::move(text));
}

TextBlocks chosen_fields(const mime::Header& header, const std::vector<std::string>& names) {
    TextBlocks blocks;
    for (const std::string& name : names) {
        for (const mime::Field& field : header.fields) {
            if (ascii::equals_ignore_case(field.name, name))
                blocks.push_back(field_block(name, field_text(field)));
        }
    }
    return blocks;
}

TextBlocks all_fields(const mime::Header& header) {
    TextBlocks blocks;
    for (const mime::Field& field : header.fields)
        blocks.push_back(field_block(field.name, one_line(mime::decode_text(field.value).text)));
    return blocks;
}

}  // namespace mailpipe::app

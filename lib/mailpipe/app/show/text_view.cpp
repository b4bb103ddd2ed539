#include <fmt/format.h>

#include <algorithm>

#include "mailpipe/app/show/views.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/email/body_parts.hpp"
#include "mailpipe/email/html_text.hpp"
#include "mailpipe/email/text_value.hpp"
#include "mailpipe/mime/address.hpp"
#include "mailpipe/mime/encoded_word.hpp"
#include "mailpipe/mime/part_tree.hpp"

namespace mailpipe::app {
namespace {

// A name is quoted where it could be taken for an address or for several: "boss@example.com, x"
// <evil@example.net>.
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

void add_fields(const mime::Header& header, std::string_view name, bool addresses, std::string& out) {
    for (const mime::Field& field : header.fields) {
        if (!ascii::equals_ignore_case(field.name, name)) continue;
        const std::string text = addresses ? addresses_text(field.value) : mime::decode_text(field.value).text;
        out += std::string(name) + ": " + one_line(text) + "\n";
    }
}

std::string main_fields(const mime::Header& header) {
    std::string out;
    for (const std::string_view name : {"From", "Sender", "Reply-To", "To", "Cc", "Bcc"}) {
        add_fields(header, name, true, out);
    }
    add_fields(header, "Date", false, out);
    add_fields(header, "Subject", false, out);
    return out;
}

std::string body_text(const mime::PartTree& tree, const std::vector<std::size_t>& indices) {
    std::string out;
    for (const std::size_t index : indices) {
        const mime::Part& part = tree.parts[index];
        if (!part.is_text()) continue;
        std::string text = email::text_value(mime::decode_body(tree, part), part).text;
        if (part.type.subtype == "html") text = email::html_text(text);
        if (!text.empty() && !text.ends_with('\n')) text += '\n';
        if (!out.empty() && !text.empty()) out += '\n';
        out += text;
    }
    return out;
}

std::string attachment_line(const mime::PartTree& tree, std::size_t index) {
    const mime::Part& part = tree.parts[index];
    const std::string name(mime::file_name(part));
    return one_line(fmt::format("  {:<6} {}{}{}, {} octets", mime::part_number(tree, index), name,
                                name.empty() ? "" : ", ", part.type.full(),
                                mime::decode_body(tree, part).size())) +
           "\n";
}

// Attachments, and pictures that a mail reader would show within the text.
std::string attachments_text(const mime::PartTree& tree, const email::BodyParts& selected) {
    std::vector<std::size_t> indices = selected.attachments;
    for (const std::size_t index : selected.text) {
        if (!tree.parts[index].is_text()) indices.push_back(index);
    }
    std::sort(indices.begin(), indices.end());
    indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
    if (indices.empty()) return "";
    std::string out = "\nAttachments (--part writes one):\n";
    for (const std::size_t index : indices)
        out += attachment_line(tree, index);
    return out;
}

}  // namespace

std::string one_line(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n'; }, ' ');
    return text;
}

std::string text_view(std::string_view message) {
    const mime::PartTree tree = mime::parse_parts(message);
    const email::BodyParts selected = email::select_body_parts(tree);
    std::string body = body_text(tree, selected.text);
    if (body.empty()) body = body_text(tree, selected.html);
    return main_fields(tree.parts[0].header) + "\n" + body + attachments_text(tree, selected);
}

}  // namespace mailpipe::app

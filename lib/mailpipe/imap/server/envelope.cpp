#include "mailpipe/imap/server/envelope.hpp"

#include <array>
#include <vector>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/imap/server/message_data.hpp"
#include "mailpipe/imap/server/write_response.hpp"
#include "mailpipe/mime/address.hpp"
#include "mailpipe/mime/lexer.hpp"

namespace mailpipe::imap::server {
namespace {

// What stands for the missing half of an address. A NIL host would make it a group (RFC 9051 section 7.5.2); Dovecot's
// words, which web mailers know.
constexpr std::string_view kMissingMailbox = "MISSING_MAILBOX";
constexpr std::string_view kMissingDomain = "MISSING_DOMAIN";

void write_nstring(std::string& out, std::string_view text) {
    if (text.empty()) {
        out += "NIL";
    } else {
        write_any_string(out, text);
    }
}

// addr-mailbox is the "local-part after removing RFC 5322 quoting" (RFC 9051 section 9).
std::string unquoted(std::string_view local) {
    std::string out;
    for (std::size_t at = 0; at < local.size();) {
        if (local[at] == '"') {
            out += mime::read_quoted_string(local, at);
        } else {
            out += local[at++];
        }
    }
    return out;
}

// The "@" between the halves is the last one that no quotes surround.
std::size_t at_sign(std::string_view email) {
    std::size_t found = std::string_view::npos;
    for (std::size_t at = 0; at < email.size();) {
        if (email[at] == '"') {
            mime::read_quoted_string(email, at);
            continue;
        }
        if (email[at] == '@') found = at;
        ++at;
    }
    return found;
}

// address = "(" addr-name SP addr-adl SP addr-mailbox SP addr-host ")"
void write_address(std::string& out, const mime::Address& address) {
    out += '(';
    write_nstring(out, address.name);
    out += " NIL ";
    const std::string_view email = address.email;
    const std::size_t at = at_sign(email);
    const std::string_view local = email.substr(0, at);
    const std::string_view domain = at == std::string_view::npos ? std::string_view{} : email.substr(at + 1);
    write_any_string(out, local.empty()                               ? std::string(kMissingMailbox)
                          : local.find('"') == std::string_view::npos ? std::string(local)
                                                                      : unquoted(local));
    out += ' ';
    write_any_string(out, domain.empty() ? kMissingDomain : domain);
    out += ')';
}

void write_addresses(std::string& out, const std::vector<mime::AddressGroup>& groups) {
    for (const mime::AddressGroup& group : groups) {
        if (group.name) {
            out += "(NIL NIL ";
            write_any_string(out, *group.name);
            out += " NIL)";
        }
        for (const mime::Address& address : group.addresses)
            write_address(out, address);
        if (group.name) out += "(NIL NIL NIL NIL)";
    }
}

// Those of all fields of that name, as if they were one: a second From cannot hide behind the first.
std::string addresses_of(const mime::Header& header, std::string_view name) {
    std::string out;
    for (const mime::Field& field : header.fields) {
        if (field.name.size() == name.size() && ascii::equals_ignore_case(field.name, name))
            write_addresses(out, mime::parse_raw_address_list(field.value));
    }
    return out.empty() ? "NIL" : "(" + out + ")";
}

}  // namespace

void write_any_string(std::string& out, std::string_view text) {
    if (text.find('\0') == std::string_view::npos) return write_string(out, text);
    std::string without;
    for (const char c : text) {
        if (c != '\0') without += c;
    }
    write_string(out, without);
}

void write_field(std::string& out, const mime::Field* field) {
    if (field == nullptr) {
        out += "NIL";
        return;
    }
    const std::string_view value = ascii::trim(field->value);
    if (value.find('\n') == std::string_view::npos) return write_any_string(out, value);
    write_any_string(out, mime::unfold(value));
}

// envelope = "(" env-date SP env-subject SP env-from SP env-sender SP env-reply-to SP env-to SP env-cc SP env-bcc SP
//            env-in-reply-to SP env-message-id ")"
void write_envelope(std::string& out, const mime::Header& header) {
    out += '(';
    write_field(out, header.find_last("Date"));
    out += ' ';
    write_field(out, header.find_last("Subject"));
    const std::string from = addresses_of(header, "From");
    out += ' ';
    out += from;
    for (const std::string_view name : {"Sender", "Reply-To"}) {
        const std::string addresses = addresses_of(header, name);
        out += ' ';
        out += addresses == "NIL" ? from : addresses;
    }
    for (const std::string_view name : {"To", "Cc", "Bcc"}) {
        out += ' ';
        out += addresses_of(header, name);
    }
    out += ' ';
    write_field(out, header.find_last("In-Reply-To"));
    out += ' ';
    write_field(out, header.find_last("Message-ID"));
    out += ')';
}

std::string encode_envelope(std::string_view header) {
    std::string out;
    write_envelope(out, mime::parse_header(header));
    return out;
}

}  // namespace mailpipe::imap::server

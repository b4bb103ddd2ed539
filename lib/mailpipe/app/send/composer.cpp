#include "mailpipe/app/send/composer.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "mailpipe/app/send/attached_file.hpp"
#include "mailpipe/app/send/message_defaults.hpp"
#include "mailpipe/app/send/template_text.hpp"
#include "mailpipe/app/text_check.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/mime/address.hpp"
#include "mailpipe/mime/field_encode.hpp"
#include "mailpipe/smtp/types.hpp"

namespace mailpipe::app {
namespace {

constexpr std::array<std::string_view, 5> kAddressFields{"from", "sender", "reply-to",
                                                         "disposition-notification-to", "errors-to"};

struct HeaderOption {
    std::string name;
    std::string value;
};

Result<HeaderOption> parse_header_option(const std::string& text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string::npos || !mime::is_field_name(std::string_view(text).substr(0, colon)))
        return fail(Errc::usage, "--header: \"" + terminal_text(text) + "\" is not NAME: VALUE");
    HeaderOption header{text.substr(0, colon),
                        std::string(ascii::trim(std::string_view(text).substr(colon + 1)))};
    const std::string name = ascii::to_lower(header.name);
    for (const std::string_view own : {"to", "cc", "bcc", "subject"}) {
        if (name == own) return fail(Errc::usage, "--header: " + header.name + " has an option of its own");
    }
    if (name.starts_with("content-") || name == "mime-version")
        return fail(Errc::usage, "--header: " + header.name + " follows from the parts of the message");
    return header;
}

Result<std::string> filled(const std::string& text, const email::Json* record, Escape escape = Escape::none) {
    if (record == nullptr) return text;
    return fill_template(text, *record, escape);
}

Result<std::string> read_text(const std::string& path) {
    if (path.empty()) return std::string();
    auto octets = read_whole_file(path);
    if (!octets) return octets;
    if (!is_utf8(*octets)) return fail(Errc::data, path + ": the text is not UTF-8");
    std::string text;
    LineEndRepair().append(*octets, text);
    return text;
}

mime::Entity leaf(const std::string& subtype, std::string text) {
    mime::Entity entity;
    entity.type.subtype = subtype;
    entity.type.parameters.parameters.push_back({"charset", "utf-8", "utf-8"});
    entity.body = std::move(text);
    return entity;
}

// What has one part is that part.
mime::Entity multipart(const std::string& subtype, std::vector<mime::Entity> children) {
    if (children.size() == 1) return std::move(children.front());
    mime::Entity entity;
    entity.type.type = "multipart";
    entity.type.subtype = subtype;
    entity.children = std::move(children);
    return entity;
}

// Templates are filled in behind the grammar: a value cannot bring an address of its own.
Result<std::vector<mime::AddressGroup>> parse_addresses(const std::string& name, const std::string& list,
                                                        const email::Json* record) {
    auto groups = mime::parse_address_list(list);
    for (mime::AddressGroup& group : groups) {
        for (mime::Address& address : group.addresses) {
            auto display = filled(address.name, record);
            if (!display) return tl::unexpected(display.error());
            auto spec = filled(address.email, record);
            if (!spec) return tl::unexpected(spec.error());
            const auto mailbox = smtp::parse_mailbox(*spec, true);
            if (!mailbox)
                return fail(Errc::data, name + ": \"" + terminal_text(*spec) +
                                            "\" is no address: " + mailbox.error().message);
            address = {std::move(*display), std::move(*spec)};
        }
    }
    if (mime::flatten(groups).empty())
        return fail(Errc::data, name + ": \"" + terminal_text(list) + "\" has no address");
    return groups;
}

}  // namespace

Result<Composer> Composer::open(const ComposeOptions& options, const std::string& author) {
    Composer composer(options, author);
    for (const std::string& text : options.headers) {
        if (auto header = parse_header_option(text); !header) return tl::unexpected(header.error());
    }
    auto text = read_text(options.text_file);
    if (!text) return tl::unexpected(text.error());
    auto html = read_text(options.html_file);
    if (!html) return tl::unexpected(html.error());
    composer.text_ = std::move(*text);
    composer.html_ = std::move(*html);
    for (const std::string& path : options.inlines) {
        auto file = make_attached_file(path, "inline");
        if (!file) return tl::unexpected(file.error());
        composer.inlines_.push_back(std::move(*file));
    }
    for (const std::string& path : options.attachments) {
        auto file = make_attached_file(path, "attachment");
        if (!file) return tl::unexpected(file.error());
        composer.attachments_.push_back(std::move(*file));
    }
    return composer;
}

Result<std::string> Composer::compose(const email::Json* record) const {
    auto header = fields(record);
    if (!header) return header;
    auto root = body(record);
    if (!root) return tl::unexpected(root.error());
    // Content-ID and the like of a single part belong behind those of the message.
    root->fields = *header + root->fields;
    auto seed = random_token();
    if (!seed) return seed;
    return mime::build_message(*root, *seed);
}

Result<void> Composer::add_addresses(std::string& fields, const std::string& name,
                                     const std::vector<std::string>& lists, const email::Json* record) const {
    std::vector<mime::AddressGroup> all;
    for (const std::string& list : lists) {
        auto groups = parse_addresses(name, list, record);
        if (!groups) return tl::unexpected(groups.error());
        all.insert(all.end(), groups->begin(), groups->end());
    }
    if (all.empty()) return {};
    auto field = mime::encode_address_field(name, all);
    if (!field) return tl::unexpected(field.error());
    fields += *field;
    return {};
}

Result<void> Composer::add_headers(std::string& fields, const email::Json* record) const {
    for (const std::string& text : options_.headers) {
        const auto header = parse_header_option(text);
        if (!header) return tl::unexpected(header.error());
        const std::string name = ascii::to_lower(header->name);
        if (std::find(kAddressFields.begin(), kAddressFields.end(), name) != kAddressFields.end()) {
            if (auto added = add_addresses(fields, header->name, {header->value}, record); !added) return added;
            continue;
        }
        auto value = filled(header->value, record);
        if (!value) return tl::unexpected(value.error());
        if (std::any_of(value->begin(), value->end(), ascii::is_control))
            return fail(Errc::data, header->name + ": a control character cannot stand in a header field");
        auto field = ascii::is_ascii(*value) ? mime::encode_raw_field(header->name, " " + *value)
                                             : mime::encode_text_field(header->name, *value);
        if (!field) return tl::unexpected(field.error());
        fields += *field;
    }
    return {};
}

Result<std::string> Composer::fields(const email::Json* record) const {
    const auto has = [this](std::string_view name) {
        return std::any_of(options_.headers.begin(), options_.headers.end(), [name](const std::string& text) {
            return ascii::equals_ignore_case(std::string_view(text).substr(0, text.find(':')), name);
        });
    };
    std::string fields;
    if (!has("Date")) fields += "Date: " + mime::encode_date(local_now()) + "\r\n";
    if (!has("From")) {
        if (author_.empty()) return fail(Errc::usage, "who is the author? give -f or --header 'From: ...'");
        if (auto added = add_addresses(fields, "From", {author_}, nullptr); !added)
            return tl::unexpected(added.error());
    }
    for (const auto& [name, lists] :
         {std::pair("To", &options_.to), std::pair("Cc", &options_.cc), std::pair("Bcc", &options_.bcc)}) {
        if (auto added = add_addresses(fields, name, *lists, record); !added)
            return tl::unexpected(added.error());
    }
    if (options_.subject) {
        auto subject = filled(*options_.subject, record);
        if (!subject) return subject;
        auto field = mime::encode_text_field("Subject", *subject);
        if (!field) return field;
        fields += *field;
    }
    if (!has("Message-ID")) {
        auto token = random_token();
        if (!token) return token;
        auto field = mime::encode_message_id_field("Message-ID", {*token + "@" + domain_for_id(author_)});
        if (!field) return field;
        fields += *field;
    }
    if (auto added = add_headers(fields, record); !added) return tl::unexpected(added.error());
    return fields;
}

// mixed(alternative(text, related(html, inline ...)), attachment ...)
Result<mime::Entity> Composer::body(const email::Json* record) const {
    std::vector<mime::Entity> alternatives;
    if (!options_.text_file.empty() || options_.html_file.empty()) {
        auto text = filled(text_, record);
        if (!text) return tl::unexpected(text.error());
        alternatives.push_back(leaf("plain", std::move(*text)));
    }
    if (!options_.html_file.empty()) {
        auto html = filled(html_, record, Escape::html);
        if (!html) return tl::unexpected(html.error());
        std::vector<mime::Entity> related{leaf("html", std::move(*html))};
        related.insert(related.end(), inlines_.begin(), inlines_.end());
        alternatives.push_back(multipart("related", std::move(related)));
    }
    std::vector<mime::Entity> mixed{multipart("alternative", std::move(alternatives))};
    if (options_.html_file.empty()) mixed.insert(mixed.end(), inlines_.begin(), inlines_.end());
    mixed.insert(mixed.end(), attachments_.begin(), attachments_.end());
    return multipart("mixed", std::move(mixed));
}

}  // namespace mailpipe::app

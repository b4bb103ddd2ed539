#include "mailpipe/app/fetch/destination_template.hpp"

#include "mailpipe/app/sha256.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/encoding.hpp"
#include "mailpipe/imap/modified_utf7.hpp"

namespace mailpipe::app {
namespace {

constexpr std::string_view kLetters = "muhn";
constexpr std::string_view kMaildir = "maildir:";
constexpr std::string_view kMbox = "mbox:";
constexpr std::size_t kHashOctets = 8;

bool is_maildir(std::string_view destination) {
    return ascii::starts_with_ignore_case(destination, kMaildir);
}
bool has_path(std::string_view destination) {
    return is_maildir(destination) || ascii::starts_with_ignore_case(destination, kMbox);
}
bool is_template_at(std::string_view destination, std::size_t at) {
    return destination[at] == '%' && at + 1 < destination.size() &&
           kLetters.find(destination[at + 1]) != std::string_view::npos;
}

std::string escape(char c) {
    return "\\" + encode_hex(std::string_view(&c, 1));
}

// The octets that `is_special` names, escaped.
template <class IsSpecial>
std::string escape_all(std::string_view text, IsSpecial is_special) {
    if (text.empty()) return "\\00";
    std::string escaped;
    for (std::size_t i = 0; i < text.size(); ++i)
        escaped += is_special(text[i], i) ? escape(text[i]) : std::string(1, text[i]);
    return escaped;
}

bool is_separator(char c) {
    return c == '/' || c == '\\' || ascii::is_control(c);
}

std::string encode_level(std::string_view level) {
    // A name that is no UTF-8 is one that stands here as on the wire.
    const auto encoded = imap::encode_mailbox_name(level);
    const bool raw = !encoded;
    return escape_all(encoded ? *encoded : level, [raw](char c, std::size_t) {
        return is_separator(c) || c == '.' || static_cast<unsigned char>(c) >= 0x80 || (raw && c == '&');
    });
}

std::string shorten(std::string component) {
    if (component.size() <= kLongestComponent) return component;
    const std::string hash = sha256_hex(component).substr(0, 2 * kHashOctets);
    component.resize(kLongestComponent - 1 - hash.size());
    return component + "-" + hash;
}

// A user, host or account.
std::string encode_component(std::string_view text) {
    return shorten(
        escape_all(text, [](char c, std::size_t at) { return is_separator(c) || (c == '.' && at == 0); }));
}

std::string value_of(char letter, bool maildir, const TemplateValues& values) {
    switch (letter) {
        case 'm': {
            const std::string folder = folder_of_mailbox(values.mailbox, values.delimiter);
            if (maildir) return folder;
            return folder.empty() ? "INBOX" : folder.substr(1);
        }
        case 'u':
            return encode_component(values.user);
        case 'h':
            return encode_component(values.host);
        default:
            return encode_component(values.account);
    }
}

}  // namespace

bool has_template(std::string_view destination) {
    if (!has_path(destination)) return false;
    for (std::size_t i = 0; i < destination.size(); ++i) {
        if (is_template_at(destination, i)) return true;
    }
    return false;
}

bool names_mailbox(std::string_view destination) {
    return has_path(destination) && destination.find("%m") != std::string_view::npos;
}

Result<ExpandedDestination> expand_destination(std::string_view destination, const TemplateValues& values) {
    if (!has_template(destination)) return ExpandedDestination{std::string(destination), {}};
    const bool maildir = is_maildir(destination);
    ExpandedDestination expanded;
    for (std::size_t i = 0; i < destination.size(); ++i) {
        if (!is_template_at(destination, i)) {
            expanded.text += destination[i];
            continue;
        }
        const char letter = destination[++i];
        if (letter == 'n' && values.account.empty())
            return fail(Errc::usage, "%n is the name of an account, and the source is none of an account");
        const std::string value = value_of(letter, maildir, values);
        const bool is_last = i + 1 == destination.size();
        if (maildir && letter == 'm' && is_last && !value.empty() && expanded.text.ends_with('/'))
            expanded.root = expanded.text.substr(0, expanded.text.size() - 1);
        expanded.text += encode_percent(value, "@=+,");
    }
    // "/%m" alone is a folder of no Maildir.
    if (expanded.root == kMaildir) expanded.root.clear();
    return expanded;
}

std::string folder_of_mailbox(std::string_view mailbox, std::string_view delimiter) {
    if (ascii::equals_ignore_case(mailbox, "INBOX")) return {};
    std::string folder;
    while (true) {
        const std::size_t end = delimiter.empty() ? std::string_view::npos : mailbox.find(delimiter);
        folder += "." + encode_level(mailbox.substr(0, end));
        if (end == std::string_view::npos) return shorten(std::move(folder));
        mailbox.remove_prefix(end + delimiter.size());
    }
}

}  // namespace mailpipe::app

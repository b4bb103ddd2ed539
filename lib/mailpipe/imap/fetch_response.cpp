#include "mailpipe/imap/fetch_response.hpp"

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::imap {
namespace {

// The name of a BODY[...] item in one spelling; the empty string for any other item.
std::string normal_section(std::string_view name) {
    if (!ascii::starts_with_ignore_case(name, "BODY[") || name.find(']') == std::string_view::npos) return {};
    return ascii::to_upper(name);
}

// flag-list = "(" [flag *(SP flag)] ")"
Result<std::vector<std::string>> parse_flags(Tokens& tokens) {
    std::vector<std::string> flags;
    if (auto open = tokens.expect('(', "flag-list"); !open) return tl::unexpected(open.error());
    while (!tokens.take(')')) {
        while (tokens.take(' ')) {
        }
        if (tokens.take(')')) break;
        auto flag = tokens.atom("flag");
        if (!flag) return tl::unexpected(flag.error());
        flags.emplace_back(*flag);
    }
    return flags;
}

Result<void> parse_item(Tokens& tokens, std::string_view name, FetchResponse& out) {
    if (ascii::equals_ignore_case(name, "UID")) {
        auto uid = tokens.nz_number("uniqueid");
        if (!uid) return tl::unexpected(uid.error());
        if (out.uid && *out.uid != *uid)
            return fail(Errc::protocol, "FETCH response with two UIDs of one message");
        out.uid = *uid;
    } else if (ascii::equals_ignore_case(name, "RFC822.SIZE")) {
        auto size = tokens.number64("RFC822.SIZE number");
        if (!size) return tl::unexpected(size.error());
        out.size = *size;
    } else if (ascii::equals_ignore_case(name, "FLAGS")) {
        auto flags = parse_flags(tokens);
        if (!flags) return tl::unexpected(flags.error());
        out.flags = std::move(*flags);
    } else if (ascii::equals_ignore_case(name, "INTERNALDATE")) {
        auto date = tokens.nstring("date-time");
        if (!date) return tl::unexpected(date.error());
        out.internal_date = std::move(date->text);
    } else if (std::string section = normal_section(name); !section.empty()) {
        auto value = tokens.nstring("body section nstring");
        if (!value) return tl::unexpected(value.error());
        out.bodies.push_back({std::move(section), std::move(*value)});
    } else {
        return tokens.skip_value();
    }
    return {};
}

}  // namespace

// msg-att = "(" (msg-att-dynamic / msg-att-static) *(SP (msg-att-dynamic / msg-att-static)) ")"
Result<FetchResponse> parse_fetch(Tokens& tokens) {
    FetchResponse out;
    if (auto open = tokens.expect('(', "msg-att"); !open) return tl::unexpected(open.error());
    while (true) {
        // Some servers put no, or two, spaces between items.
        while (tokens.take(' ')) {
        }
        if (tokens.take(')')) break;
        const auto name = tokens.item_name();
        if (!name) return tl::unexpected(name.error());
        if (auto space = tokens.expect(' ', "SP"); !space) return tl::unexpected(space.error());
        if (auto item = parse_item(tokens, *name, out); !item) return tl::unexpected(item.error());
    }
    while (tokens.take(' ')) {
    }
    if (!tokens.at_end()) {
        return fail(Errc::protocol,
                    "malformed response: CRLF expected at octet " + std::to_string(tokens.offset()));
    }
    return out;
}

void FetchItemTracker::append(std::string_view text) {
    if (const std::size_t brace = text.rfind('{'); brace != std::string_view::npos) {
        text = text.substr(0, brace);
        if (!text.empty() && text.back() == '~') text.remove_suffix(1);
    }
    if (!section_) {
        // The literal before this piece was the value of the name before it.
        in_name_ = false;
        name_.clear();
    }
    for (const char c : text) {
        if (quoted_) {
            if (escaped_) {
                escaped_ = false;
            } else if (c == '\\') {
                escaped_ = true;
            } else if (c == '"') {
                quoted_ = false;
            }
            if (section_) name_ += c;
        } else if (c == '"') {
            quoted_ = true;
            if (section_) {
                name_ += c;
            } else {
                in_name_ = false;
                name_.clear();
            }
        } else if (section_) {
            name_ += c;
            section_ = c != ']';
        } else if (c == '(' || c == ')') {
            if (c == '(') ++depth_;
            if (c == ')' && depth_ > 0) --depth_;
            in_name_ = false;
            name_.clear();
        } else if (c == ' ') {
            in_name_ = false;
        } else {
            if (!in_name_) name_.clear();
            in_name_ = true;
            name_ += c;
            section_ = c == '[';
        }
    }
}

std::string FetchItemTracker::body_section() const {
    return depth_ == 1 && !in_name_ && !section_ && !quoted_ ? normal_section(name_) : std::string();
}

}  // namespace mailpipe::imap

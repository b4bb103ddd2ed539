#include "mailpipe/app/json_record.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "mailpipe/app/json_skim.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/encoding.hpp"
#include "mailpipe/mime/date.hpp"

namespace mailpipe::app {
namespace {

using nlohmann::json;

constexpr std::size_t kUsualMembers = 16;
// Those that are read.
constexpr std::array<std::string_view, 9> kKeys{"raw",         "ref",  "mailbox",  "uidl",      "uid",
                                                "uidValidity", "size", "keywords", "receivedAt"};

bool is_json_space(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

Result<std::string> text_field(const json& value, std::string_view key) {
    if (!value.is_string()) return fail(Errc::data, std::string(key) + " is not a string");
    return value.get<std::string>();
}

Result<std::uint64_t> number_field(const json& value, std::string_view key, std::uint64_t least,
                                   std::uint64_t most) {
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() < least ||
        value.get<std::uint64_t>() > most) {
        return fail(Errc::data, std::string(key) + " is not a number from " + std::to_string(least) + " to " +
                                    std::to_string(most));
    }
    return value.get<std::uint64_t>();
}

// keywords is an object of true values (RFC 8621 section 4.1.1); an array of names is taken as well.
Result<std::vector<std::string>> keywords_field(const json& value) {
    std::vector<std::string> keywords;
    if (value.is_object()) {
        for (auto item = value.begin(); item != value.end(); ++item) {
            if (item.value().is_boolean() && item.value().get<bool>()) keywords.push_back(item.key());
        }
    } else if (value.is_array()) {
        for (const json& item : value) {
            auto keyword = text_field(item, "a keyword");
            if (!keyword) return tl::unexpected(keyword.error());
            keywords.push_back(std::move(*keyword));
        }
    } else {
        return fail(Errc::data, "keywords is not an object");
    }
    for (const std::string& keyword : keywords) {
        const bool word = !keyword.empty() && std::none_of(keyword.begin(), keyword.end(), [](char c) {
            return ascii::is_control(c) || c == ' ';
        });
        if (!word)
            return fail(Errc::data, "keywords has a name that is empty or has a space or control character");
    }
    return keywords;
}

Result<void> take_date(const std::string& text, email::Context& context) {
    const auto date = mime::parse_rfc3339(text);
    if (date) context.received_at = mime::epoch_seconds(*date);
    if (!context.received_at) return fail(Errc::data, "receivedAt is not a date such as 2026-11-24T11:00:00Z");
    return {};
}

// false: the key is not that of a text.
Result<bool> take_text(std::string_view key, std::string text, JsonRecord& record) {
    email::Context& context = record.context;
    if (key == "raw") {
        record.raw = std::move(text);
    } else if (key == "ref") {
        context.ref = std::move(text);
    } else if (key == "mailbox") {
        context.mailbox = std::move(text);
    } else if (key == "uidl") {
        context.uidl = std::move(text);
    } else if (key == "receivedAt") {
        if (auto taken = take_date(text, context); !taken) return tl::unexpected(taken.error());
    } else {
        return false;
    }
    return true;
}

// Reads one field into its place; fields that a Context does not hold are left alone.
Result<void> take_field(std::string_view key, const json& value, JsonRecord& record) {
    constexpr std::uint64_t kMost32 = std::numeric_limits<std::uint32_t>::max();
    email::Context& context = record.context;
    const auto into_number = [&](auto& place, std::uint64_t least, std::uint64_t most) -> Result<void> {
        auto number = number_field(value, key, least, most);
        if (!number) return tl::unexpected(number.error());
        place = static_cast<typename std::decay_t<decltype(place)>::value_type>(*number);
        return {};
    };
    if (value.is_null()) return {};
    if (key == "uid") return into_number(context.uid, 1, kMost32);
    if (key == "uidValidity") return into_number(context.uid_validity, 1, kMost32);
    if (key == "size") return into_number(context.size, 0, std::numeric_limits<std::uint64_t>::max());
    if (key == "keywords") {
        auto keywords = keywords_field(value);
        if (!keywords) return tl::unexpected(keywords.error());
        context.keywords = std::move(*keywords);
        return {};
    }
    auto text = text_field(value, key);
    if (!text) return tl::unexpected(text.error());
    const auto taken = take_text(key, std::move(*text), record);
    return taken ? Result<void>() : tl::unexpected(taken.error());
}

bool is_taken(std::string_view key) {
    return std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end();
}

// Most values are what is read here without a parser. A container has no place but in keywords.
json value_of(std::string_view text) {
    if (const auto number = ascii::parse_number(text)) return *number;
    if (text == "{}") return json::object();
    return json::parse(text.begin(), text.end());
}

bool is_plain_string(std::string_view text) {
    return text.front() == '"' && text.find('\\') == std::string_view::npos;
}

bool take_member(const JsonMember& member, JsonRecord& record) {
    if (is_plain_string(member.value)) {
        const std::string_view text = member.value.substr(1, member.value.size() - 2);
        return take_text(member.key, std::string(text), record).value_or(false);
    }
    return take_field(member.key, value_of(member.value), record).has_value();
}

// nullopt: whoever parses the whole text says what is wrong, or which of two members with one name counts.
std::optional<JsonRecord> take_members(const std::vector<JsonMember>& members) {
    JsonRecord record;
    std::array<bool, kKeys.size()> seen{};
    for (const JsonMember& member : members) {
        const auto key = std::find(kKeys.begin(), kKeys.end(), member.key);
        if (key == kKeys.end()) continue;
        const auto index = static_cast<std::size_t>(key - kKeys.begin());
        if (std::exchange(seen[index], true) || !take_member(member, record)) return std::nullopt;
    }
    return record;
}

Result<JsonRecord> parse_whole(std::string_view text) {
    json object;
    try {
        // A listing has much more in each record than is asked of it here.
        object = json::parse(text.begin(), text.end(), [](int depth, json::parse_event_t event, json& parsed) {
            return event != json::parse_event_t::key || depth != 1 ||
                   is_taken(parsed.get_ref<const std::string&>());
        });
    } catch (const json::parse_error& error) {
        return fail(Errc::data, "not JSON at octet " + std::to_string(error.byte));
    } catch (const json::out_of_range&) {
        return fail(Errc::data, "a number that is too large");
    }
    if (!object.is_object()) return fail(Errc::data, "not a JSON object");
    JsonRecord record;
    for (auto item = object.begin(); item != object.end(); ++item) {
        if (auto taken = take_field(item.key(), item.value(), record); !taken)
            return tl::unexpected(taken.error());
    }
    return record;
}

}  // namespace

RawFinder::Found RawFinder::feed(std::string_view text, std::size_t& consumed) {
    for (consumed = 0; consumed < text.size(); ++consumed, ++offset_) {
        const char c = text[consumed];
        if (c == '\n') return Found::line_end;
        switch (state_) {
            case State::structure:
                on_structure(c);
                break;
            case State::escape:
                state_ = State::string;
                if (in_key_ && key_.size() < 4) key_ += '\\';
                break;
            case State::string:
                if (c == '\\') {
                    state_ = State::escape;
                } else if (c != '"') {
                    // Longer ones are not "raw".
                    if (in_key_ && key_.size() < 4) key_ += c;
                } else {
                    state_ = in_key_ && key_ == "raw" ? State::after_key : State::structure;
                    colon_seen_ = false;
                    in_key_ = false;
                }
                break;
            case State::after_key:
                if (c == ':' && !colon_seen_) {
                    colon_seen_ = true;
                } else if (c == '"' && colon_seen_) {
                    key_offset_ = string_offset_;
                    ++consumed;
                    ++offset_;
                    state_ = State::string;
                    return Found::raw;
                } else if (!is_json_space(c)) {
                    state_ = State::structure;
                    on_structure(c);
                }
                break;
        }
    }
    return Found::nothing;
}

void RawFinder::on_structure(char c) {
    switch (c) {
        case '{':
        case '[':
            ++depth_;
            key_expected_ = c == '{' && depth_ == 1;
            break;
        case '}':
        case ']':
            --depth_;
            break;
        case ',':
            key_expected_ = depth_ == 1;
            break;
        case '"':
            state_ = State::string;
            string_offset_ = offset_;
            in_key_ = key_expected_ && depth_ == 1;
            key_expected_ = false;
            key_.clear();
            break;
        default:
            break;
    }
}

Result<JsonRecord> parse_json_record(std::string_view text) {
    std::vector<JsonMember> members;
    members.reserve(kUsualMembers);
    if (skim_json_object(text, members)) {
        if (auto record = take_members(members)) return *std::move(record);
    }
    return parse_whole(text);
}

bool JsonBase64Decoder::unescape(char c) {
    escape_ += c;
    if (escape_.size() == 2 && c == '/') {
        group_ += '/';
        escape_.clear();
        return true;
    }
    if (escape_.size() == 2) return c == 'u';
    if (escape_.size() < 6) return true;
    // Through the percent decoder, which knows hexadecimal digits.
    const auto octet = decode_percent("%" + escape_.substr(4));
    if (!escape_.starts_with("\\u00") || !octet) return false;
    group_ += *octet;
    escape_.clear();
    return true;
}

Result<void> JsonBase64Decoder::append(std::string_view text, std::string& out) {
    while (!text.empty()) {
        if (!escape_.empty() || text.front() == '\\') {
            if (!unescape(text.front())) return fail(Errc::data, "raw is not base64");
            text.remove_prefix(1);
            continue;
        }
        const std::size_t end = std::min(text.find('\\'), text.size());
        group_ += text.substr(0, end);
        text.remove_prefix(end);
    }
    const std::size_t whole = group_.size() / 4 * 4;
    if (whole == 0) return {};
    const auto decoded = decode_base64(std::string_view(group_).substr(0, whole));
    if (!decoded || ended_) return fail(Errc::data, "raw is not base64");
    ended_ = group_[whole - 1] == '=';
    out += *decoded;
    group_.erase(0, whole);
    return {};
}

Result<void> JsonBase64Decoder::finish() {
    if (!group_.empty() || !escape_.empty()) return fail(Errc::data, "raw is not base64: its end is missing");
    return {};
}

}  // namespace mailpipe::app

#include <algorithm>
#include <optional>
#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/email/collation.hpp"
#include "mailpipe/email/search_key.hpp"
#include "mailpipe/email/text_value.hpp"
#include "mailpipe/mime/address.hpp"
#include "mailpipe/mime/date.hpp"
#include "mailpipe/mime/encoded_word.hpp"
#include "mailpipe/mime/part_tree.hpp"

namespace mailpipe::email {
namespace {

using Kind = SearchKey::Kind;
using Relation = SearchKey::Relation;

// Of FUZZY each word of the query begins a word.
bool contains_fuzzily(std::string_view text, std::string_view words) {
    const std::string form = fuzzy_form(text);
    while (!words.empty()) {
        const std::string_view word = words.substr(0, words.find(' ', 1));
        if (form.find(word) == std::string::npos) return false;
        words.remove_prefix(word.size());
    }
    return true;
}

bool contains(std::string_view text, const SearchKey& key) {
    if (key.fuzzy) return contains_fuzzily(text, key.folded);
    return casemap(text).find(key.folded) != std::string::npos;
}

// "*" is the largest number there is: a range up to it holds that number also where it begins above (RFC 9051 section
// 9).
bool in_ranges(const SearchKey& key, std::uint32_t number, std::uint32_t largest) {
    if (number == 0 || key.ranges.empty()) return false;
    const auto& last = key.ranges.back();
    if (last.second == SearchKey::kStar && number == largest && last.first >= largest) return true;
    const auto above =
        std::upper_bound(key.ranges.begin(), key.ranges.end(), number,
                         [](std::uint32_t value, const auto& range) { return value < range.first; });
    return above != key.ranges.begin() && number <= std::prev(above)->second;
}

bool compare_day(std::int64_t day, const SearchKey& key) {
    switch (key.relation) {
        case Relation::before:
            return day < key.day;
        case Relation::on:
            return day == key.day;
        case Relation::since:
            break;
    }
    return day >= key.day;
}

std::int64_t utc_day(std::int64_t seconds) {
    return (seconds >= 0 ? seconds : seconds - 86'399) / 86'400;
}

// Parses the header and the message at most once, and only when a key asks.
class Evaluator {
 public:
    explicit Evaluator(SearchSubject& subject) : subject_(subject) {}

    Result<bool> matches(const SearchKey& key) {
        switch (key.kind) {
            case Kind::all:
                return true;
            case Kind::and_:
                return all_of(key);
            case Kind::or_:
                return any_of(key);
            case Kind::not_: {
                auto inner = matches(*key.children.front());
                if (!inner) return inner;
                return !*inner;
            }
            case Kind::header:
                return field_contains(key);
            case Kind::body:
                return body_contains(key);
            case Kind::text:
                return text_contains(key);
            case Kind::internal_date:
                return compare_day(utc_day(subject_.received_at()), key);
            case Kind::sent_date:
                return sent_date(key);
            case Kind::within:
                return is_within(key);
            case Kind::keyword:
                return subject_.has_keyword(key.name) == key.wanted;
            case Kind::larger:
            case Kind::smaller:
                return compare_size(key);
            default:
                break;
        }
        return matches_index(key);
    }

 private:
    // Keys of what a server knows of a message without its text.
    Result<bool> matches_index(const SearchKey& key) {
        switch (key.kind) {
            case Kind::uid:
                return in_ranges(key, subject_.uid(), subject_.largest_uid());
            case Kind::number:
                return in_ranges(key, subject_.number(), subject_.largest_number());
            case Kind::saved:
                return subject_.is_saved();
            case Kind::modseq:
                return subject_.modseq() >= key.number;
            // Where there is none it is the internal date (RFC 8514 section 4.3).
            case Kind::save_date:
                return compare_day(utc_day(subject_.saved_at().value_or(subject_.received_at())), key);
            case Kind::save_date_supported:
                return subject_.saved_at().has_value();
            case Kind::email_id:
            case Kind::thread_id: {
                const auto id = key.kind == Kind::email_id ? subject_.email_id() : subject_.thread_id();
                if (!id) return tl::unexpected(id.error());
                return *id == key.text;
            }
            default:
                return false;
        }
    }

    Result<bool> all_of(const SearchKey& key) {
        for (const Query& child : key.cheap_first) {
            auto matched = matches(*child);
            if (!matched || !*matched) return matched;
        }
        return true;
    }

    Result<bool> any_of(const SearchKey& key) {
        // The cheaper one first, so that the message is read only when the header did not decide.
        const bool swap = search_cost(*key.children[1]) < search_cost(*key.children[0]);
        for (const std::size_t i : {swap ? 1U : 0U, swap ? 0U : 1U}) {
            auto matched = matches(*key.children[i]);
            if (!matched || *matched) return matched;
        }
        return false;
    }

    // "Older": at least that long ago; "younger": at most (RFC 5032 section 3). A clock that went back makes a
    // message younger than any.
    bool is_within(const SearchKey& key) const {
        const std::time_t now = subject_.now();
        const std::time_t received = subject_.received_at();
        const std::uint64_t age =
            now > received ? static_cast<std::uint64_t>(now) - static_cast<std::uint64_t>(received) : 0;
        return key.relation == Relation::before ? age >= key.number : age <= key.number;
    }

    Result<bool> compare_size(const SearchKey& key) {
        const auto size = subject_.size();
        if (!size) return tl::unexpected(size.error());
        return key.kind == Kind::larger ? *size > key.number : *size < key.number;
    }

    Result<const mime::Header*> header() {
        if (!header_) {
            const auto octets = subject_.header();
            if (!octets) return tl::unexpected(octets.error());
            header_ = mime::parse_header(*octets);
        }
        return &*header_;
    }

    Result<const mime::Header*> header_with(std::string_view name) {
        if (header_) return &*header_;
        const auto octets = subject_.kept_header(name);
        if (!octets) return header();
        if (!kept_ || kept_octets_.data() != octets->data()) {
            kept_octets_ = *octets;
            kept_ = mime::parse_header(*octets);
        }
        return &*kept_;
    }

    Result<const mime::PartTree*> tree() {
        if (!tree_) {
            const auto octets = subject_.message();
            if (!octets) return tl::unexpected(octets.error());
            tree_ = mime::parse_parts(*octets);
        }
        return &*tree_;
    }

    // What an ENVELOPE says of the field, as one would write it: names without quotes, comments or folding.
    static std::string envelope_text(const mime::Field& field) {
        std::string out;
        for (const mime::AddressGroup& group : mime::parse_address_list(field.value)) {
            if (group.name) out += (out.empty() ? "" : ", ") + *group.name + ": ";
            bool first = group.name || out.empty();
            for (const mime::Address& address : group.addresses) {
                if (!std::exchange(first, false)) out += ", ";
                out += address.name.empty() ? address.email : address.name + " <" + address.email + ">";
            }
        }
        return out;
    }

    Result<bool> field_contains(const SearchKey& key) {
        const auto parsed = header_with(key.name);
        if (!parsed) return tl::unexpected(parsed.error());
        const auto& fields = (*parsed)->fields;
        // HEADER and SUBJECT look at "what comes after the colon", FROM and its like at the "envelope structure" (RFC
        // 9051 section 6.4.4).
        const bool as_written = key.token == "HEADER" || key.token == "SUBJECT";
        return std::any_of(fields.begin(), fields.end(), [&](const mime::Field& field) {
            if (!ascii::equals_ignore_case(field.name, key.name)) return false;
            return contains(as_written ? mime::decode_text(field.value).text : envelope_text(field), key);
        });
    }

    static bool header_contains(const mime::Header& header, const SearchKey& key) {
        return std::any_of(header.fields.begin(), header.fields.end(), [&key](const mime::Field& field) {
            return contains(std::string(field.name) + ": " + mime::decode_text(field.value).text, key);
        });
    }

    // TEXT includes the "MIME header fields" of parts, BODY "doesn't match any header fields" (RFC 9051 section
    // 6.4.4).
    Result<bool> body_contains(const SearchKey& key) {
        const auto parsed = tree();
        if (!parsed) return tl::unexpected(parsed.error());
        const auto& parts = (*parsed)->parts;
        for (std::size_t i = 0; i < parts.size(); ++i) {
            if (key.kind == Kind::text && i > 0 && header_contains(parts[i].header, key)) return true;
            if (!parts[i].is_text()) continue;
            if (contains(text_value(mime::decode_body(**parsed, parts[i]), parts[i]).text, key)) return true;
        }
        return false;
    }

    Result<bool> text_contains(const SearchKey& key) {
        const auto parsed = header();
        if (!parsed) return tl::unexpected(parsed.error());
        if (header_contains(**parsed, key)) return true;
        return body_contains(key);
    }

    Result<bool> sent_date(const SearchKey& key) {
        const auto parsed = header_with("Date");
        if (!parsed) return tl::unexpected(parsed.error());
        const mime::Field* field = (*parsed)->find_last("Date");
        const auto date = field == nullptr ? std::nullopt : mime::parse_date(field->value);
        return date && compare_day(mime::civil_day(date->year, date->month, date->day), key);
    }

    SearchSubject& subject_;
    std::optional<mime::Header> header_;
    std::string_view kept_octets_;  // what kept_ was parsed from
    std::optional<mime::Header> kept_;
    std::optional<mime::PartTree> tree_;
};

}  // namespace

bool SearchSubject::has_keyword(std::string_view name) const {
    const auto& set = keywords();
    return std::any_of(set.begin(), set.end(),
                       [name](const std::string& keyword) { return ascii::equals_ignore_case(keyword, name); });
}

Result<bool> matches(const Query& query, SearchSubject& subject) {
    return Evaluator(subject).matches(*query);
}

}  // namespace mailpipe::email

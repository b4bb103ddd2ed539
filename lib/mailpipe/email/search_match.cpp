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

bool contains(std::string_view text, std::string_view needle) {
    return casemap(text).find(needle) != std::string::npos;
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
                return has_keyword(key.name) == key.wanted;
            case Kind::larger:
            case Kind::smaller:
                return compare_size(key);
            case Kind::uid:
                break;
        }
        const std::uint32_t uid = subject_.uid();
        return uid != 0 && std::any_of(key.ranges.begin(), key.ranges.end(), [uid](const auto& range) {
                   return uid >= range.first && uid <= range.second;
               });
    }

 private:
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

    bool has_keyword(std::string_view name) const {
        const auto& keywords = subject_.keywords();
        return std::any_of(keywords.begin(), keywords.end(), [name](const std::string& keyword) {
            return ascii::equals_ignore_case(keyword, name);
        });
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
        const auto parsed = header();
        if (!parsed) return tl::unexpected(parsed.error());
        const std::string needle = casemap(key.text);
        const auto& fields = (*parsed)->fields;
        // HEADER and SUBJECT look at "what comes after the colon", FROM and its like at the "envelope structure" (RFC
        // 9051 section 6.4.4).
        const bool as_written = key.token == "HEADER" || key.token == "SUBJECT";
        return std::any_of(fields.begin(), fields.end(), [&](const mime::Field& field) {
            if (!ascii::equals_ignore_case(field.name, key.name)) return false;
            return contains(as_written ? mime::decode_text(field.value).text : envelope_text(field), needle);
        });
    }

    static bool header_contains(const mime::Header& header, std::string_view needle) {
        return std::any_of(header.fields.begin(), header.fields.end(), [needle](const mime::Field& field) {
            return contains(std::string(field.name) + ": " + mime::decode_text(field.value).text, needle);
        });
    }

    // TEXT includes the "MIME header fields" of parts, BODY "doesn't match any header fields" (RFC 9051 section
    // 6.4.4).
    Result<bool> body_contains(const SearchKey& key) {
        const auto parsed = tree();
        if (!parsed) return tl::unexpected(parsed.error());
        const std::string needle = casemap(key.text);
        const auto& parts = (*parsed)->parts;
        for (std::size_t i = 0; i < parts.size(); ++i) {
            if (key.kind == Kind::text && i > 0 && header_contains(parts[i].header, needle)) return true;
            if (!parts[i].is_text()) continue;
            if (contains(text_value(mime::decode_body(**parsed, parts[i]), parts[i]).text, needle)) return true;
        }
        return false;
    }

    Result<bool> text_contains(const SearchKey& key) {
        const auto parsed = header();
        if (!parsed) return tl::unexpected(parsed.error());
        if (header_contains(**parsed, casemap(key.text))) return true;
        return body_contains(key);
    }

    Result<bool> sent_date(const SearchKey& key) {
        const auto parsed = header();
        if (!parsed) return tl::unexpected(parsed.error());
        const mime::Field* field = (*parsed)->find_last("Date");
        const auto date = field == nullptr ? std::nullopt : mime::parse_date(field->value);
        return date && compare_day(mime::civil_day(date->year, date->month, date->day), key);
    }

    SearchSubject& subject_;
    std::optional<mime::Header> header_;
    std::optional<mime::PartTree> tree_;
};

}  // namespace

Result<bool> matches(const Query& query, SearchSubject& subject) {
    return Evaluator(subject).matches(*query);
}

}  // namespace mailpipe::email

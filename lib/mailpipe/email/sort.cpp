#include "mailpipe/email/sort.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/email/base_subject.hpp"
#include "mailpipe/email/collation.hpp"
#include "mailpipe/mime/address.hpp"
#include "mailpipe/mime/date.hpp"
#include "mailpipe/mime/encoded_word.hpp"

namespace mailpipe::email {
namespace {

constexpr std::array<std::pair<SortKey, std::string_view>, 10> kNames{{
    {SortKey::arrival, "ARRIVAL"},
    {SortKey::cc, "CC"},
    {SortKey::date, "DATE"},
    {SortKey::from, "FROM"},
    {SortKey::size, "SIZE"},
    {SortKey::subject, "SUBJECT"},
    {SortKey::to, "TO"},
    {SortKey::display_from, "DISPLAYFROM"},
    {SortKey::display_to, "DISPLAYTO"},
    {SortKey::relevancy, "RELEVANCY"},
}};

const std::pair<SortKey, std::string_view>* find_name(std::string_view name) {
    for (const auto& known : kNames) {
        if (ascii::equals_ignore_case(known.second, name)) return &known;
    }
    return nullptr;
}

// The first entry of a field, as ENVELOPE has it: a group begins with an entry of its own, whose mailbox is the
// name of the group (RFC 9051 section 7.5.2).
struct FirstAddress {
    std::string mailbox;  // addr-mailbox, the local part
    std::string display;  // RFC 5957 section 3: the name of the group or of the address, else the address
};

FirstAddress first_address(const mime::Header& header, std::string_view name) {
    const mime::Field* field = header.find_last(name);
    if (field == nullptr) return {};
    for (const mime::AddressGroup& group : mime::parse_address_list(field->value)) {
        if (group.name) return {*group.name, *group.name};
        if (group.addresses.empty()) continue;
        const mime::Address& first = group.addresses.front();
        return {first.email.substr(0, first.email.rfind('@')), first.name.empty() ? first.email : first.name};
    }
    return {};
}

SortValue value_of(SortKey key, const mime::Header& header, const SortFacts& facts) {
    switch (key) {
        case SortKey::arrival:
            return {facts.received_at, {}};
        case SortKey::date:
            return {sent_date(header, facts.received_at), {}};
        case SortKey::size:
            return {static_cast<std::int64_t>(facts.size), {}};
        case SortKey::relevancy:
            return {-facts.relevancy, {}};
        case SortKey::cc:
            return {0, casemap(first_address(header, "Cc").mailbox)};
        case SortKey::from:
            return {0, casemap(first_address(header, "From").mailbox)};
        case SortKey::to:
            return {0, casemap(first_address(header, "To").mailbox)};
        case SortKey::display_from:
            return {0, casemap(first_address(header, "From").display)};
        case SortKey::display_to:
            return {0, casemap(first_address(header, "To").display)};
        case SortKey::subject:
            break;
    }
    const mime::Field* subject = header.find_last("Subject");
    if (subject == nullptr) return {};
    return {0, casemap(base_subject(mime::decode_text(subject->value).text).text)};
}

Result<SortProgram> parse(std::string_view text, bool server) {
    SortProgram program;
    bool reverse = false;
    std::string_view rest = ascii::trim(text);
    if (rest.size() >= 2 && rest.front() == '(' && rest.back() == ')') rest = rest.substr(1, rest.size() - 2);
    for (const std::string_view word : ascii::split_words(rest)) {
        if (ascii::equals_ignore_case(word, "REVERSE") && !reverse) {
            reverse = true;
            continue;
        }
        const auto* known = find_name(word);
        if (known == nullptr || (known->first == SortKey::relevancy && !server)) {
            return fail(Errc::usage, "sort-key: \"" + std::string(word) + "\" at offset " +
                                         std::to_string(word.data() - text.data()) +
                                         " is none of ARRIVAL, CC, DATE, DISPLAYFROM, DISPLAYTO, FROM, SIZE, "
                                         "SUBJECT, TO, each with REVERSE before it or not");
        }
        program.push_back({known->first, std::exchange(reverse, false)});
    }
    if (reverse || program.empty()) {
        return fail(Errc::usage, reverse ? "sort-key: nothing behind REVERSE" : "sort-key: none is given");
    }
    return program;
}

bool has(const SortProgram& program, SortKey key) {
    return std::any_of(program.begin(), program.end(),
                       [key](const SortCriterion& criterion) { return criterion.key == key; });
}

}  // namespace

Result<SortProgram> parse_sort(std::string_view text) {
    return parse(text, false);
}

Result<SortProgram> parse_imap_sort(std::string_view text) {
    return parse(text, true);
}

std::string encode_sort(const SortProgram& program) {
    std::string out;
    for (const SortCriterion& criterion : program) {
        out += out.empty() ? "(" : " ";
        if (criterion.reverse) out += "REVERSE ";
        for (const auto& [key, name] : kNames) {
            if (key == criterion.key) out += name;
        }
    }
    return out + ")";
}

bool needs_display_names(const SortProgram& program) {
    return has(program, SortKey::display_from) || has(program, SortKey::display_to);
}

bool sorts_by_relevancy(const SortProgram& program) {
    return has(program, SortKey::relevancy);
}

std::vector<SortValue> sort_values(const SortProgram& program, const SortFacts& facts) {
    const mime::Header header = mime::parse_header(facts.header);
    std::vector<SortValue> values;
    values.reserve(program.size());
    for (const SortCriterion& criterion : program)
        values.push_back(value_of(criterion.key, header, facts));
    return values;
}

bool sorts_before(const SortProgram& program, const std::vector<SortValue>& a,
                  const std::vector<SortValue>& b) {
    for (std::size_t i = 0; i < program.size(); ++i) {
        const SortValue& first = program[i].reverse ? b[i] : a[i];
        const SortValue& second = program[i].reverse ? a[i] : b[i];
        if (first.number != second.number) return first.number < second.number;
        if (const int order = first.text.compare(second.text); order != 0) return order < 0;
    }
    return false;
}

std::int64_t sent_date(const mime::Header& header, std::int64_t received_at) {
    const mime::Field* field = header.find_last("Date");
    const auto date = field == nullptr ? std::nullopt : mime::parse_date(field->value);
    return date ? mime::epoch_seconds(*date) : received_at;
}

}  // namespace mailpipe::email

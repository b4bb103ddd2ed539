#include "mailpipe/mime/address.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/mime/encoded_word.hpp"
#include "mailpipe/mime/lexer.hpp"

namespace mailpipe::mime {
namespace {

bool is_line_end(char c) {
    return c == '\r' || c == '\n';
}

// Sets of characters as tables: every character of every address field of a listing is looked up in one.
using CharSet = std::array<bool, 256>;

constexpr CharSet all_but(std::string_view excluded) {
    CharSet set{};
    set.fill(true);
    for (const char c : excluded)
        set[static_cast<unsigned char>(c)] = false;
    return set;
}

constexpr CharSet printable_but(std::string_view excluded) {
    CharSet set = all_but(excluded);
    for (std::size_t c = 0; c < set.size(); ++c)
        set[c] = set[c] && c > ' ' && c < 0x7F;
    return set;
}

constexpr CharSet kWordChars = all_but(" \t\r\n()<>,;:\"[]@");
// No "=", with which an encoded word begins.
constexpr CharSet kPlainWordChars = printable_but("()<>,;:\"[]@=");
constexpr CharSet kPlainQuotedChars = printable_but("\"\\=");
constexpr CharSet kPlainAngleChars = printable_but("\"(<>");

bool is_in(const CharSet& set, char c) {
    return set[static_cast<unsigned char>(c)];
}

// Behind the characters of `set` that begin at `at`.
std::size_t end_of(const CharSet& set, std::string_view text, std::size_t at) {
    while (at < text.size() && is_in(set, text[at]))
        ++at;
    return at;
}

std::size_t skip_space(std::string_view text, std::size_t at) {
    while (at < text.size() && ascii::is_space(text[at]))
        ++at;
    return at;
}

struct PlainAddress {
    std::string_view name;
    std::string_view email;
    std::size_t end = 0;  // of the text, or behind the comma
};

// The words of a name with one space between them, or what stands in a quoted string, and what follows it: "<".
std::optional<std::string_view> plain_name(std::string_view text, std::size_t& at) {
    const std::size_t begin = at;
    if (at < text.size() && text[at] == '"') {
        std::size_t end = begin + 1;
        while (end < text.size() && (text[end] == ' ' || is_in(kPlainQuotedChars, text[end])))
            ++end;
        if (end == text.size() || text[end] != '"') return std::nullopt;
        at = skip_space(text, end + 1);
        return text.substr(begin + 1, end - begin - 1);
    }
    std::size_t end = end_of(kPlainWordChars, text, begin);
    while (end > begin && end + 1 < text.size() && text[end] == ' ' && is_in(kPlainWordChars, text[end + 1]))
        end = end_of(kPlainWordChars, text, end + 1);
    at = skip_space(text, end);
    return text.substr(begin, end - begin);
}

// An address of which both parts are to be taken as they stand, with the comma behind it, as nearly all are. nullopt says
// nothing about the text but that it has to be read by the rules of the Parser.
std::optional<PlainAddress> plain_address(std::string_view text, std::size_t at) {
    PlainAddress found;
    const std::size_t begin = skip_space(text, at);
    at = begin;
    const auto name = plain_name(text, at);
    if (!name || at == text.size()) return std::nullopt;
    if (text[at] == '<') {
        const std::size_t end = end_of(kPlainAngleChars, text, at + 1);
        found.name = *name;
        found.email = text.substr(at + 1, end - at - 1);
        // What begins with "@" may be a route.
        if (found.email.empty() || found.email.front() == '@' || end == text.size() || text[end] != '>')
            return std::nullopt;
        at = end + 1;
    } else if (text[at] == '@' && !name->empty() && text[begin] != '"' && at == begin + name->size() &&
               name->find(' ') == std::string_view::npos) {
        const std::size_t end = end_of(kPlainWordChars, text, at + 1);
        if (end == at + 1) return std::nullopt;
        found.email = text.substr(begin, end - begin);
        at = end;
    } else {
        return std::nullopt;
    }
    at = skip_space(text, at);
    if (at < text.size() && text[at] != ',') return std::nullopt;
    found.end = std::min(at + 1, text.size());
    return found;
}

// address-list = (address *("," address)) / obs-addr-list
// address      = mailbox / group
// mailbox      = [phrase] "<" [obs-route] addr-spec ">" / addr-spec
// group        = phrase ":" [group-list] ";"
//
// One pass over the characters collects the words, comments and the <addr-spec> of one address; "," ";" and ":"
// say what they were. What is plain needs none of that.
class Parser {
 public:
    // `use` takes the addresses when it is not null.
    Parser(std::string_view text, bool decodes, const UseAddress* use = nullptr)
        : text_(text), decodes_(decodes), use_(use) {}

    std::vector<AddressGroup> run(LimitSet* limits) {
        while (at_ < text_.size() && items_ <= limits::kFieldItems) {
            if (!take_plain()) step();
        }
        end_address();
        if (items_ > limits::kFieldItems && limits != nullptr) limits->add(Limit::field_items);
        return std::move(groups_);
    }

 private:
    struct Word {
        std::string text;  // of a quoted string the content
        std::string raw;   // as it may stand in an addr-spec
        bool spaced;       // white space or a comment stands before it
    };

    // Tried once for each address, where it begins, so that the work stays linear.
    bool take_plain() {
        if (!std::exchange(is_start_, false)) return false;
        const auto found = plain_address(text_, at_);
        if (!found) return false;
        at_ = found->end;
        is_start_ = true;
        add_address(found->name, found->email);
        return true;
    }

    void step() {
        const char c = text_[at_];
        if (ascii::is_space(c)) {
            ++at_;
            spaced_ = true;
        } else if (c == '(') {
            comments_.push_back(read_comment(text_, at_));
            spaced_ = true;
        } else if (c == '"') {
            const std::size_t start = at_;
            std::string content = read_quoted_string(text_, at_);
            const bool closed = at_ - start > 1 && text_[at_ - 1] == '"';
            std::string raw(closed ? text_.substr(start, at_ - start) : std::string_view(content));
            std::erase_if(raw, is_line_end);
            add_word(std::move(content), std::move(raw));
        } else if (c == '<') {
            ++at_;
            angle_ = read_angle();
        } else if (c == '[') {
            read_domain_literal();
        } else if (c == ',') {
            ++at_;
            end_address();
        } else if (c == ':') {
            ++at_;
            begin_group();
        } else if (c == ';') {
            ++at_;
            end_address();
            in_group_ = false;
        } else {
            read_word();
        }
    }

    void add_word(std::string text, std::string raw) {
        words_.push_back({std::move(text), std::move(raw), spaced_});
        spaced_ = false;
    }

    void read_word() {
        std::size_t length = encoded_word_length(text_.substr(at_));
        // Specials stand unencoded in the Q text of many senders; white space there would be another word.
        if (length == 0 || text_.substr(at_, length).find_first_of(" \t\r\n") != std::string_view::npos) {
            length = end_of(kWordChars, text_, at_) - at_;
        }
        length = std::max<std::size_t>(length, 1);  // a stray special is a word of its own
        const std::string_view word = text_.substr(at_, length);
        add_word(std::string(word), std::string(word));
        at_ += length;
    }

    void read_domain_literal() {
        const std::size_t end = text_.find_first_of("],;<", at_ + 1);
        const std::size_t stop =
            end == std::string_view::npos ? text_.size() : end + (text_[end] == ']' ? 1 : 0);
        std::string literal(text_.substr(at_, stop - at_));
        std::erase_if(literal, ascii::is_space);
        add_word(literal, literal);
        at_ = stop;
    }

    std::string read_angle() {
        std::string out;
        while (at_ < text_.size() && text_[at_] != '>' && text_[at_] != '<') {
            if (text_[at_] == '"') {
                const std::size_t start = at_;
                read_quoted_string(text_, at_);
                std::string raw(text_.substr(start, at_ - start));
                std::erase_if(raw, is_line_end);
                out += raw;
            } else if (text_[at_] == '(') {
                comments_.push_back(read_comment(text_, at_));
            } else {
                if (!ascii::is_space(text_[at_])) out += text_[at_];
                ++at_;
            }
        }
        if (at_ < text_.size() && text_[at_] == '>') ++at_;
        // obs-route = "@" domain *("," "@" domain) ":" is to be ignored (RFC 5322 section 4.4).
        const std::size_t colon = out.starts_with('@') ? out.find(':') : std::string::npos;
        return colon == std::string::npos ? out : out.substr(colon + 1);
    }

    static std::string join(const std::vector<Word>& words, std::size_t from, std::size_t to) {
        std::string out;
        for (std::size_t i = from; i < to; ++i) {
            if (i > from && words[i].spaced) out += ' ';
            out += words[i].text;
        }
        return out;
    }

    // Words without brackets: those around the first "@" are the addr-spec, where a "." joins over white space;
    // a single word without "@" is a local part; anything else is a name.
    void split_bare_words(std::string& name, std::string& email) const {
        const auto at_sign =
            std::find_if(words_.begin(), words_.end(), [](const Word& word) { return word.raw == "@"; });
        if (at_sign == words_.end()) {
            (words_.size() == 1 ? email : name) =
                words_.size() == 1 ? words_[0].raw : join(words_, 0, words_.size());
            return;
        }
        const auto middle = static_cast<std::size_t>(at_sign - words_.begin());
        std::size_t from = middle > 0 ? middle - 1 : 0;
        while (from > 0 && (words_[from].raw.starts_with('.') || words_[from - 1].raw.ends_with('.')))
            --from;
        std::size_t to = std::min(middle + 2, words_.size());
        while (to < words_.size() && (words_[to].raw.starts_with('.') || words_[to - 1].raw.ends_with('.')))
            ++to;
        for (std::size_t i = from; i < to; ++i)
            email += words_[i].raw;
        name = join(words_, 0, from);
        const std::string rest = join(words_, to, words_.size());
        if (!name.empty() && !rest.empty()) name += ' ';
        name += rest;
    }

    std::string decoded_name(std::string name) const {
        return decodes_ ? decode_words(name).text : std::move(name);
    }

    void end_address() {
        if (words_.empty() && !angle_) return clear();
        std::string name;
        std::string email;
        if (angle_) {
            name = join(words_, 0, words_.size());
            email = *angle_;
        } else {
            split_bare_words(name, email);
        }
        // The obsolete place of a name: jdoe@example.org (John Doe).
        if (name.empty() && !email.empty()) {
            for (const std::string& comment : comments_)
                name += (name.empty() ? "" : " ") + comment;
        }
        clear();
        if (decodes_ && !ascii::is_ascii(email)) email = decode_charset(email, "").text;
        add_address(decoded_name(std::move(name)), email);
    }

    void add_address(std::string_view name, std::string_view email) {
        // Decoding may leave nothing: a byte order mark, an empty encoded word.
        if ((name.empty() && email.empty()) || ++items_ > limits::kFieldItems) return;
        if (use_ != nullptr) return (*use_)(name, email);
        if (groups_.empty() || groups_.back().name.has_value() != in_group_) groups_.push_back({});
        groups_.back().addresses.push_back({std::string(name), std::string(email)});
    }

    void begin_group() {
        std::string name = join(words_, 0, words_.size());
        clear();
        if (++items_ <= limits::kFieldItems && use_ == nullptr)
            groups_.push_back({decoded_name(std::move(name)), {}});
        in_group_ = true;
    }

    void clear() {
        words_.clear();
        comments_.clear();
        angle_.reset();
        is_start_ = true;
    }

    std::string_view text_;
    bool decodes_;
    const UseAddress* use_;
    std::size_t at_ = 0;
    bool is_start_ = true;  // of an address
    std::vector<AddressGroup> groups_;
    std::size_t items_ = 0;  // addresses and groups so far
    bool in_group_ = false;
    std::vector<Word> words_;
    bool spaced_ = false;
    std::vector<std::string> comments_;
    std::optional<std::string> angle_;
};

}  // namespace

std::vector<AddressGroup> parse_address_list(std::string_view value, LimitSet* limits) {
    return Parser(value, true).run(limits);
}

void for_each_address(std::string_view value, const UseAddress& use, LimitSet* limits) {
    Parser(value, true, &use).run(limits);
}

std::vector<AddressGroup> parse_raw_address_list(std::string_view value) {
    return Parser(value, false).run(nullptr);
}

std::vector<Address> flatten(const std::vector<AddressGroup>& groups) {
    std::vector<Address> out;
    for (const AddressGroup& group : groups) {
        std::copy(group.addresses.begin(), group.addresses.end(), std::back_inserter(out));
    }
    return out;
}

}  // namespace mailpipe::mime

#include <algorithm>
#include <array>
#include <string>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/smtp/path.hpp"
#include "mailpipe/smtp/types.hpp"

namespace mailpipe::smtp {
namespace {

// Each address of each message is looked at octet by octet.
constexpr auto kAtext = [] {
    std::array<bool, 256> table{};
    for (const char c :
         std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~"))
        table[static_cast<unsigned char>(c)] = true;
    return table;
}();

bool is_atext(char c) {
    return kAtext[static_cast<unsigned char>(c)];
}

bool is_eight_bit(char c) {
    return static_cast<unsigned char>(c) >= 0x80;
}

// IPv4-address-literal = Snum 3("." Snum) ; Snum = 1*3DIGIT, 0 to 255
bool is_ipv4(std::string_view text) {
    const auto numbers = ascii::split(text, '.');
    return numbers.size() == 4 && std::all_of(numbers.begin(), numbers.end(), [](std::string_view number) {
               return !number.empty() && number.size() <= 3 && ascii::parse_number(number).value_or(256) <= 255;
           });
}

// The text of IPv6-address-literal behind "IPv6:". Groups of up to four hexadecimal digits, at most one "::",
// an IPv4 address in place of the last two groups.
bool is_ipv6(std::string_view text) {
    const std::size_t gap = text.find("::");
    if (gap != std::string_view::npos && text.find("::", gap + 1) != std::string_view::npos) return false;
    std::size_t groups = 0;
    const auto count = [&groups](std::string_view part, bool last_part) {
        if (part.empty()) return true;
        const auto pieces = ascii::split(part, ':');
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            const bool last = last_part && i + 1 == pieces.size();
            if (last && is_ipv4(pieces[i])) {
                groups += 2;
                continue;
            }
            const bool hexadecimal = std::all_of(pieces[i].begin(), pieces[i].end(), [](char c) {
                return ascii::is_digit(c) || (ascii::lower(c) >= 'a' && ascii::lower(c) <= 'f');
            });
            if (pieces[i].empty() || pieces[i].size() > 4 || !hexadecimal) return false;
            ++groups;
        }
        return true;
    };
    if (gap == std::string_view::npos) return count(text, true) && groups == 8;
    return count(text.substr(0, gap), false) && count(text.substr(gap + 2), true) && groups <= 7;
}

// address-literal = "[" ( IPv4-address-literal / IPv6-address-literal / General-address-literal ) "]"
// General-address-literal = Standardized-tag ":" 1*dcontent ; no tag but IPv6 is registered, so none is
// accepted.
bool is_address_literal(std::string_view text) {
    if (text.size() < 2 || text.front() != '[' || text.back() != ']') return false;
    text = text.substr(1, text.size() - 2);
    if (ascii::starts_with_ignore_case(text, "IPv6:")) return is_ipv6(text.substr(5));
    return is_ipv4(text);
}

class PathParser {
 public:
    PathParser(std::string_view text, bool allow_utf8, std::size_t local_part_length)
        : text_(text), allow_utf8_(allow_utf8), local_part_length_(local_part_length) {}

    std::size_t at() const { return at_; }
    bool at_end() const { return at_ == text_.size(); }
    bool take(char c) {
        if (at_end() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    Fail expected(std::string_view rule) const {
        return fail(Errc::data, std::string(rule) + " expected at offset " + std::to_string(at_));
    }

    // Local-part = Dot-string / Quoted-string
    Result<std::string> local_part() {
        const std::size_t start = at_;
        auto text = !at_end() && text_[at_] == '"' ? quoted_string() : dot_string();
        if (text && at_ - start > local_part_length_) {
            return fail(Errc::data, "Local-part at offset " + std::to_string(start) + " is longer than " +
                                        std::to_string(local_part_length_) + " octets");
        }
        return text;
    }

    // Mailbox = Local-part "@" ( Domain / address-literal )
    Result<Mailbox> mailbox() {
        auto local = local_part();
        if (!local) return tl::unexpected(local.error());
        if (!take('@')) return expected("'@'");
        auto domain = domain_or_literal();
        if (!domain) return tl::unexpected(domain.error());
        return Mailbox{std::move(*local), std::move(*domain)};
    }

    Result<std::string> domain_or_literal() {
        const std::size_t start = at_;
        if (!at_end() && text_[at_] == '[') {
            const std::size_t close = text_.find(']', at_);
            if (close == std::string_view::npos) return expected("']' of address-literal");
            const std::string_view literal = text_.substr(start, close + 1 - start);
            if (!is_address_literal(literal)) return expected("address-literal");
            at_ = close + 1;
            if (!ascii::starts_with_ignore_case(literal, "[IPv6:")) return std::string(literal);
            return "[IPv6:" + ascii::to_lower(literal.substr(6));
        }
        // Domain = sub-domain *("." sub-domain) ; sub-domain = Let-dig [*( ALPHA / DIGIT / "-" ) Let-dig]
        do {
            const std::size_t label = at_;
            skip([this] { return label_octets(); });
            if (at_ == label || text_[label] == '-' || text_[at_ - 1] == '-') {
                at_ = label;
                return expected("sub-domain");
            }
        } while (take('.'));
        if (at_ - start > kDomainLength) {
            return fail(Errc::data, "Domain at offset " + std::to_string(start) + " is longer than " +
                                        std::to_string(kDomainLength) + " octets");
        }
        return ascii::to_lower(text_.substr(start, at_ - start));
    }

    // A-d-l ":" ; A-d-l = At-domain *( "," At-domain ) ; At-domain = "@" Domain
    Result<bool> source_route() {
        if (at_end() || text_[at_] != '@') return false;
        do {
            if (!take('@')) return expected("At-domain");
            if (auto domain = domain_or_literal(); !domain) return tl::unexpected(domain.error());
        } while (take(','));
        if (!take(':')) return expected("':' of a source route");
        return true;
    }

 private:
    // What is of characters that `octets` tells the length of, 0 for another one.
    template <class Octets>
    void skip(Octets octets) {
        while (!at_end()) {
            const std::size_t length = octets();
            if (length == 0) return;
            at_ += length;
        }
    }
    std::size_t utf8_octets() const {
        return allow_utf8_ && is_eight_bit(text_[at_]) ? utf8_sequence_length(text_.substr(at_)) : 0;
    }
    std::size_t label_octets() const {
        return ascii::is_alnum(text_[at_]) || text_[at_] == '-' ? 1 : utf8_octets();
    }
    std::size_t atext_octets() const { return is_atext(text_[at_]) ? 1 : utf8_octets(); }

    // Dot-string = Atom *("." Atom)
    Result<std::string> dot_string() {
        const std::size_t start = at_;
        do {
            const std::size_t atom = at_;
            skip([this] { return atext_octets(); });
            if (at_ == atom) return expected("Atom of Local-part");
        } while (take('.'));
        return std::string(text_.substr(start, at_ - start));
    }

    // Quoted-string = DQUOTE *QcontentSMTP DQUOTE ; qtextSMTP = %d32-33 / %d35-91 / %d93-126
    // quoted-pairSMTP = %d92 %d32-126
    Result<std::string> quoted_string() {
        std::string text;
        ++at_;
        while (!at_end() && text_[at_] != '"') {
            if (text_[at_] == '\\') ++at_;
            const std::size_t octets = at_end()                        ? 0
                                       : ascii::is_control(text_[at_]) ? 0
                                       : is_eight_bit(text_[at_])      ? utf8_octets()
                                                                       : 1;
            if (octets == 0) return expected("QcontentSMTP");
            text += text_.substr(at_, octets);
            at_ += octets;
        }
        if (!take('"')) return expected("'\"' at the end of Quoted-string");
        // Dovecot CVE-2020-10967: an empty local part names nobody.
        if (text.empty()) return expected("Local-part that is not empty");
        return text;
    }

    std::string_view text_;
    bool allow_utf8_;
    std::size_t local_part_length_;
    std::size_t at_ = 0;
};

Result<Path> parse_path(std::string_view text, bool allow_utf8, std::size_t local_part_length) {
    PathParser parser(text, allow_utf8, local_part_length);
    if (!parser.take('<')) return parser.expected("'<'");
    auto route = parser.source_route();
    if (!route) return tl::unexpected(route.error());
    auto mailbox = parser.mailbox();
    if (!mailbox) return tl::unexpected(mailbox.error());
    if (!parser.take('>')) return parser.expected("'>'");
    return Path{std::move(*mailbox), *route, parser.at()};
}

bool is_dot_string(std::string_view text) {
    bool in_atom = false;
    for (const char c : text) {
        if (c == '.' ? !in_atom : !is_atext(c) && !is_eight_bit(c)) return false;
        in_atom = c != '.';
    }
    return in_atom;
}

}  // namespace

std::string Mailbox::encode() const {
    std::string out;
    out.reserve(local_part.size() + 1 + domain.size());
    if (is_dot_string(local_part)) {
        out += local_part;
    } else if (!is_null()) {
        out = '"';
        for (char c : local_part) {
            if (c == '"' || c == '\\') out += '\\';
            // Unreachable for a parsed Mailbox; one put together by hand cannot end a command line either.
            out += ascii::is_control(c) ? '?' : c;
        }
        out += '"';
    }
    if (domain.empty()) return out;
    out += '@';
    for (char c : domain)
        out += ascii::is_control(c) ? '?' : c;
    return out;
}

Result<Mailbox> parse_mailbox(std::string_view text, bool allow_utf8) {
    return parse_mailbox(text, allow_utf8, kLocalPartLength);
}

Result<Mailbox> parse_mailbox(std::string_view text, bool allow_utf8, std::size_t local_part_length) {
    PathParser parser(text, allow_utf8, local_part_length);
    auto mailbox = parser.mailbox();
    if (mailbox && !parser.at_end()) return parser.expected("end of Mailbox");
    return mailbox;
}

Result<Path> parse_reverse_path(std::string_view text, bool allow_utf8) {
    if (text.substr(0, 2) == "<>") return Path{{}, false, 2};
    return parse_path(text, allow_utf8, kReversePathLocalPart);
}

Result<Mailbox> parse_return_path(std::string_view text) {
    auto path = parse_reverse_path(text);
    if (!path) return tl::unexpected(path.error());
    if (path->length != text.size())
        return fail(Errc::data, "end of Reverse-path expected at offset " + std::to_string(path->length));
    return std::move(path->mailbox);
}

Result<Path> parse_forward_path(std::string_view text, bool allow_utf8) {
    static constexpr std::string_view kPostmaster = "<postmaster>";
    if (ascii::starts_with_ignore_case(text, kPostmaster))
        return Path{{"postmaster", ""}, false, kPostmaster.size()};
    return parse_path(text, allow_utf8, kLocalPartLength);
}

bool is_domain_or_literal(std::string_view text, bool underscores) {
    std::string copy(text);
    if (underscores) std::replace(copy.begin(), copy.end(), '_', 'x');
    PathParser parser(copy, false, 0);
    return parser.domain_or_literal().has_value() && parser.at_end();
}

}  // namespace mailpipe::smtp

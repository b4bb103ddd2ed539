#include "mailpipe/mime/parameter.hpp"

#include <algorithm>
#include <cstdint>
#include <unordered_map>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/mime/charset.hpp"
#include "mailpipe/mime/encoded_word.hpp"
#include "mailpipe/mime/lexer.hpp"

namespace mailpipe::mime {
namespace {

// One "name=value" as it stands, with what RFC 2231 writes into the name.
struct Piece {
    std::string name;
    std::string_view spelled;  // the same as it is written
    std::uint64_t section = 0;
    bool continued = false;  // has a section number
    bool extended = false;   // "*" at the end: percent-encoded, the first section with charset'language'
    std::string value;
    std::size_t order = 0;
};

std::string to_utf8(std::string_view octets) {
    return decode_charset(octets, "").text;
}

// token, or what senders write in its place: everything up to white space, ";" or one of `also_ends`.
std::string_view read_token(std::string_view text, std::size_t& at, std::string_view also_ends) {
    const std::size_t start = at;
    while (at < text.size() && !ascii::is_space(text[at]) && text[at] != ';' &&
           also_ends.find(text[at]) == std::string_view::npos) {
        ++at;
    }
    return text.substr(start, at - start);
}

// parameter-name = attribute ["*" section] ["*"]   (RFC 2231 section 7)
void parse_name(std::string_view text, Piece& piece) {
    const std::size_t star = text.find('*');
    piece.spelled = text.substr(0, star);
    piece.name = ascii::to_lower(to_utf8(piece.spelled));
    if (star == std::string_view::npos) return;
    std::string_view rest = text.substr(star + 1);
    piece.extended = rest.empty() || rest.ends_with('*');
    if (rest.ends_with('*')) rest.remove_suffix(1);
    if (const auto section = ascii::parse_number(rest)) {
        piece.continued = true;
        piece.section = *section;
    }
}

// An unquoted value may hold spaces in practice: name=my file.pdf. It ends at ";", and at a word that is itself
// a "name=", since others forget the ";" between parameters.
std::string read_bare_value(std::string_view text, std::size_t& at) {
    std::string out;
    while (at < text.size() && text[at] != ';') {
        const std::size_t start = at;
        while (at < text.size() && ascii::is_space(text[at]))
            ++at;
        const std::size_t word = at;
        if (at < text.size() && text[at] == '(' && !out.empty()) {
            read_comment(text, at);
            continue;
        }
        const std::string_view token = read_token(text, at, "");
        if (token.empty()) break;
        const std::size_t equals = token.find('=');
        const bool next_parameter = !out.empty() && equals != std::string_view::npos && equals > 0 &&
                                    ascii::is_alpha(token[0]) && !out.ends_with("?=");
        if (next_parameter) {
            at = word;
            break;
        }
        if (!out.empty() && word > start) out += ' ';
        out += token;
    }
    return out;
}

std::vector<Piece> read_pieces(std::string_view text, std::size_t at, LimitSet* limits) {
    std::vector<Piece> pieces;
    while (true) {
        skip_cfws(text, at);
        if (at >= text.size()) return pieces;
        if (text[at] == ';') {
            ++at;
            continue;
        }
        if (pieces.size() >= limits::kFieldItems) {
            if (limits != nullptr) limits->add(Limit::field_items);
            return pieces;
        }
        Piece piece;
        piece.order = pieces.size();
        const std::string_view name = read_token(text, at, "=");
        skip_cfws(text, at);
        if (at >= text.size() || text[at] != '=') {
            if (name.empty() && at < text.size() && text[at] != ';') ++at;
            continue;
        }
        ++at;
        skip_cfws(text, at);
        parse_name(name, piece);
        if (at < text.size() && text[at] == '"') {
            piece.value = read_quoted_string(text, at);
        } else {
            piece.value = read_bare_value(text, at);
        }
        if (!piece.name.empty()) pieces.push_back(std::move(piece));
    }
}

int hex_value(char c) {
    if (ascii::is_digit(c)) return c - '0';
    const char low = ascii::lower(c);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

std::string decode_percent_leniently(std::string_view text, bool& problem) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool escape =
            text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0;
        if (escape) {
            out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
            i += 2;
        } else {
            problem = problem || text[i] == '%';
            out += text[i];
        }
    }
    return out;
}

// extended-initial-value = [charset] "'" [language] "'" extended-other-values
std::string_view take_charset(std::string_view& value) {
    const std::size_t first = value.find('\'');
    const std::size_t second = first == std::string_view::npos ? first : value.find('\'', first + 1);
    if (second == std::string_view::npos) return {};
    const std::string_view charset = value.substr(0, first);
    value.remove_prefix(second + 1);
    return charset;
}

// Pieces of one name, sorted by section.
Parameter assemble(std::vector<Piece>::const_iterator begin, std::vector<Piece>::const_iterator end,
                   bool& problem) {
    Parameter parameter;
    parameter.name = begin->name;
    if (!begin->continued && !begin->extended) {
        parameter.raw = begin->value;
        DecodedText decoded = decode_words(begin->value);
        parameter.value = std::move(decoded.text);
        problem = problem || decoded.problem;
        return parameter;
    }
    std::string charset;
    bool any_extended = false;
    for (auto piece = begin; piece != end; ++piece) {
        // A section given twice: the first one counts.
        if (piece != begin && (!piece->continued || piece->section == (piece - 1)->section)) continue;
        std::string_view value = piece->value;
        if (piece->extended) {
            if (piece == begin) charset = take_charset(value);
            any_extended = true;
            parameter.raw += decode_percent_leniently(value, problem);
        } else {
            parameter.raw += value;
        }
    }
    DecodedText decoded = any_extended ? decode_charset(parameter.raw, charset) : decode_words(parameter.raw);
    std::erase(decoded.text, '\0');
    parameter.value = std::move(decoded.text);
    problem = problem || decoded.problem;
    return parameter;
}

// Those of one name side by side, in the order in which they make the value.
void sort_pieces(std::vector<Piece>& pieces) {
    std::unordered_map<std::string_view, std::size_t> first_of;
    for (const Piece& piece : pieces)
        first_of.try_emplace(piece.name, piece.order);
    // Of one name the extended form goes first (RFC 6266 section 4.3), then continuations, then the plain one.
    const auto rank = [](const Piece& piece) { return piece.continued ? 1 : (piece.extended ? 0 : 2); };
    std::vector<std::size_t> group(pieces.size());
    for (std::size_t i = 0; i < pieces.size(); ++i)
        group[i] = first_of.at(pieces[i].name);
    std::sort(pieces.begin(), pieces.end(), [&](const Piece& a, const Piece& b) {
        const std::size_t group_a = group[a.order];
        const std::size_t group_b = group[b.order];
        if (group_a != group_b) return group_a < group_b;
        if (rank(a) != rank(b)) return rank(a) < rank(b);
        if (a.section != b.section) return a.section < b.section;
        return a.order < b.order;
    });
}

// What a client decodes when the name says that it is extended: an octet that is not percent-encoded, of a section
// that was not, must stay what it is.
std::string percent_encoded(std::string_view text) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        // attribute-char of RFC 2231 section 7
        if (c > ' ' && c < '\x7F' &&
            std::string_view("*'%()<>@,;:\\\"/[]?=").find(c) == std::string_view::npos) {
            out += c;
            continue;
        }
        const auto octet = static_cast<unsigned char>(c);
        out += {'%', kHex[octet / 16], kHex[octet % 16]};
    }
    return out;
}

RawParameter assemble_raw(std::vector<Piece>::const_iterator begin, std::vector<Piece>::const_iterator end) {
    const bool extended =
        begin->extended ||
        (begin->continued && std::any_of(begin, end, [](const Piece& p) { return p.continued && p.extended; }));
    RawParameter out{std::string(begin->spelled) + (extended ? "*" : ""), begin->value};
    if (extended && !begin->extended) out.value = "''" + percent_encoded(begin->value);
    for (auto piece = begin + 1; begin->continued && piece != end; ++piece) {
        if (!piece->continued || piece->section == (piece - 1)->section) continue;
        out.value += extended && !piece->extended ? percent_encoded(piece->value) : piece->value;
    }
    return out;
}

ParameterList parse_parameters(std::string_view text, std::size_t at, LimitSet* limits) {
    std::vector<Piece> pieces = read_pieces(text, at, limits);
    sort_pieces(pieces);
    ParameterList list;
    for (auto begin = pieces.cbegin(); begin != pieces.cend();) {
        const auto end =
            std::find_if(begin, pieces.cend(), [&](const Piece& p) { return p.name != begin->name; });
        list.parameters.push_back(assemble(begin, end, list.problem));
        begin = end;
    }
    return list;
}

}  // namespace

bool is_token(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return c > ' ' && c < '\x7F' && std::string_view("()<>@,;:\\\"/[]?=").find(c) == std::string_view::npos;
    });
}

std::string_view ParameterList::find(std::string_view name) const {
    for (const Parameter& parameter : parameters) {
        if (parameter.name == name) return parameter.value;
    }
    return {};
}

std::string_view ParameterList::find_raw(std::string_view name) const {
    for (const Parameter& parameter : parameters) {
        if (parameter.name == name) return parameter.raw;
    }
    return {};
}

bool ParameterList::has(std::string_view name) const {
    return std::any_of(parameters.begin(), parameters.end(),
                       [name](const Parameter& p) { return p.name == name; });
}

// content = "Content-Type" ":" type "/" subtype *(";" parameter)
ContentType parse_content_type(std::string_view value, LimitSet* limits) {
    ContentType out;
    std::size_t at = 0;
    skip_cfws(value, at);
    const std::string_view type = read_token(value, at, "/(");
    skip_cfws(value, at);
    std::string_view subtype;
    if (at < value.size() && value[at] == '/') {
        ++at;
        skip_cfws(value, at);
        subtype = read_token(value, at, "(/");
        read_token(value, at, "(");  // "text/plain/format"
    }
    if (!type.empty() && !subtype.empty()) {
        out.type = ascii::to_lower(to_utf8(type));
        out.subtype = ascii::to_lower(to_utf8(subtype));
    }
    out.parameters = parse_parameters(value, at, limits);
    return out;
}

// disposition = "Content-Disposition" ":" disposition-type *(";" disposition-parm)
ContentDisposition parse_content_disposition(std::string_view value, LimitSet* limits) {
    ContentDisposition out;
    std::size_t at = 0;
    skip_cfws(value, at);
    const std::size_t start = at;
    const std::string_view type = read_token(value, at, "(=");
    if (at < value.size() && value[at] == '=') {
        at = start;  // "filename=x" without a type is a parameter already
    } else {
        out.type = ascii::to_lower(to_utf8(type));
    }
    out.parameters = parse_parameters(value, at, limits);
    return out;
}

std::vector<RawParameter> parse_raw_parameters(std::string_view value) {
    // The type in front; "filename=x" without one is a parameter already.
    std::size_t at = 0;
    skip_cfws(value, at);
    const std::size_t start = at;
    read_token(value, at, "(=");
    if (at < value.size() && value[at] == '=') at = start;
    skip_cfws(value, at);
    std::vector<Piece> pieces = read_pieces(value, at, nullptr);
    sort_pieces(pieces);
    std::vector<RawParameter> out;
    for (auto begin = pieces.cbegin(); begin != pieces.cend();) {
        const auto end =
            std::find_if(begin, pieces.cend(), [&](const Piece& p) { return p.name != begin->name; });
        out.push_back(assemble_raw(begin, end));
        begin = end;
    }
    return out;
}

}  // namespace mailpipe::mime

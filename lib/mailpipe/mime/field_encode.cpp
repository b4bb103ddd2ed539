#include "mailpipe/mime/field_encode.hpp"

#include <algorithm>
#include <array>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/encoding.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/mime/field_writer.hpp"
#include "mailpipe/mime/lexer.hpp"

namespace mailpipe::mime {
namespace {

Fail refuse(std::string_view name, std::string_view why) {
    return fail(Errc::data, std::string(name) + ": " + std::string(why));
}

bool has_line_end_or_nul(std::string_view text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

Result<void> check(std::string_view name, std::string_view value) {
    if (!is_field_name(name)) return refuse(name, "no name of a header field");
    if (has_line_end_or_nul(value)) return refuse(name, "a line end or a NUL cannot stand in a header field");
    return {};
}

// What a reader would take for an encoded word has to become one.
bool needs_encoding(std::string_view text) {
    return text.find("=?") != std::string_view::npos || std::any_of(text.begin(), text.end(), [](char c) {
               return static_cast<unsigned char>(c) >= 0x7F || (ascii::is_control(c) && c != '\t');
           });
}

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

// A run of blanks or the text between two runs; a text of either kind that no line can hold is encoded.
struct Token {
    std::string_view blank;
    std::string_view text;
    bool encoded = false;
};

std::vector<Token> tokens_of(std::string_view text) {
    constexpr std::size_t kLongestBlank = 20;
    std::vector<Token> tokens;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t begin = std::min(text.find_first_not_of(" \t", at), text.size());
        const std::size_t end = std::min(text.find_first_of(" \t", begin), text.size());
        Token token{text.substr(at, begin - at), text.substr(begin, end - begin), false};
        token.encoded = needs_encoding(token.text) || token.text.empty() ||
                        token.text.size() > FieldWriter::kLine - 2 || token.blank.size() > kLongestBlank;
        tokens.push_back(token);
        at = end;
    }
    // Blanks at the end have nothing behind them to be in front of: they go with the word before.
    if (tokens.size() > 1 && tokens.back().text.empty()) tokens[tokens.size() - 2].encoded = true;
    return tokens;
}

void put_text(FieldWriter& writer, std::string_view text) {
    const std::vector<Token> tokens = tokens_of(text);
    for (std::size_t i = 0; i < tokens.size();) {
        if (!tokens[i].encoded) {
            writer.put(i == 0 ? " " : tokens[i].blank, tokens[i].text);
            ++i;
            continue;
        }
        // White space between two encoded words is dropped by readers: that between two such tokens goes inside,
        // and so does a long run in front, for which a fold has no room.
        std::size_t last = i;
        while (last + 1 < tokens.size() && tokens[last + 1].encoded)
            ++last;
        const bool keeps_blank = i > 0 && tokens[i].blank.size() == 1;
        const char* const begin = keeps_blank || i == 0 ? tokens[i].text.data() : tokens[i].blank.data() + 1;
        const char* const end = tokens[last].text.data() + tokens[last].text.size();
        writer.put_encoded(i == 0 ? " " : tokens[i].blank.substr(0, 1),
                           {begin, static_cast<std::size_t>(end - begin)});
        i = last + 1;
    }
}

bool is_atext(char c) {
    return ascii::is_alnum(c) || std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

// phrase = 1*word ; word = atom / quoted-string (RFC 5322 section 3.2.5)
void put_phrase(FieldWriter& writer, std::string_view blank, std::string_view phrase) {
    const bool outer_blank = is_blank(phrase.front()) || is_blank(phrase.back());
    if (needs_encoding(phrase) || phrase.size() > FieldWriter::kLine - 4) {
        writer.put_encoded(blank, phrase);
        return;
    }
    const bool atoms =
        !outer_blank && phrase.find("  ") == std::string_view::npos &&
        std::all_of(phrase.begin(), phrase.end(), [](char c) { return c == ' ' || is_atext(c); });
    writer.put(blank, atoms ? std::string(phrase) : quote_string(phrase));
}

Result<void> put_address(FieldWriter& writer, std::string_view blank, const Address& address) {
    if (has_line_end_or_nul(address.email) || has_line_end_or_nul(address.name))
        return refuse(writer.name(), "a line end or a NUL cannot stand in an address");
    if (address.email.empty()) return refuse(writer.name(), "an address is missing");
    if (address.name.empty()) {
        writer.put(blank, address.email);
        return {};
    }
    put_phrase(writer, blank, address.name);
    writer.put(" ", "<" + address.email + ">");
    return {};
}

// What the syntax cannot express, a blank or a comma in a local part without quotes, say, would be read as
// something else: another recipient.
Result<std::string> read_back(std::string_view name, std::string field,
                              const std::vector<AddressGroup>& groups) {
    const auto read = flatten(parse_address_list(std::string_view(field).substr(name.size() + 1)));
    const auto meant = flatten(groups);
    for (std::size_t i = 0; i < meant.size(); ++i) {
        if (i >= read.size() || !(read[i].email == meant[i].email))
            return refuse(name, "\"" + meant[i].email + "\" is no address");
    }
    if (read.size() != meant.size()) return refuse(name, "the addresses would be read as others");
    return field;
}

}  // namespace

bool is_field_name(std::string_view name) {
    return !name.empty() &&
           std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < '\x7F' && c != ':'; });
}

Result<std::string> encode_text_field(std::string_view name, std::string_view text) {
    if (auto checked = check(name, text); !checked) return tl::unexpected(checked.error());
    while (!text.empty() && is_blank(text.front()))
        text.remove_prefix(1);
    FieldWriter writer(name);
    put_text(writer, text);
    return writer.take();
}

Result<std::string> encode_address_field(std::string_view name, const std::vector<AddressGroup>& groups) {
    if (auto checked = check(name, ""); !checked) return tl::unexpected(checked.error());
    FieldWriter writer(name);
    for (std::size_t i = 0; i < groups.size(); ++i) {
        const AddressGroup& group = groups[i];
        if (group.name) {
            if (has_line_end_or_nul(*group.name))
                return refuse(name, "a line end or a NUL cannot stand in the name of a group");
            if (group.name->empty()) return refuse(name, "a group needs a name");
            put_phrase(writer, " ", *group.name);
            writer.append(":");
        }
        for (std::size_t j = 0; j < group.addresses.size(); ++j) {
            if (auto put = put_address(writer, " ", group.addresses[j]); !put)
                return tl::unexpected(put.error());
            if (j + 1 < group.addresses.size()) writer.append(",");
        }
        if (group.name) writer.append(";");
        if (i + 1 < groups.size()) writer.append(",");
    }
    return read_back(name, writer.take(), groups);
}

Result<std::string> encode_message_id_field(std::string_view name, const std::vector<std::string>& ids) {
    FieldWriter writer(name);
    for (const std::string& id : ids) {
        if (auto checked = check(name, id); !checked) return tl::unexpected(checked.error());
        const bool impossible =
            id.empty() || id.size() > limits::kLongestLine - 4 || std::any_of(id.begin(), id.end(), [](char c) {
                return ascii::is_space(c) || ascii::is_control(c) || c == '<' || c == '>';
            });
        if (impossible) return refuse(name, "\"" + id + "\" is no msg-id");
        writer.put(" ", "<" + id + ">");
    }
    return writer.take();
}

Result<std::string> encode_url_field(std::string_view name, const std::vector<std::string>& urls) {
    FieldWriter writer(name);
    for (std::size_t i = 0; i < urls.size(); ++i) {
        if (auto checked = check(name, urls[i]); !checked) return tl::unexpected(checked.error());
        if (urls[i].empty() || urls[i].size() > limits::kLongestLine - 4 ||
            urls[i].find_first_of("<> \t") != std::string::npos)
            return refuse(name, "\"" + urls[i] + "\" is no URL");
        writer.put(" ", "<" + urls[i] + ">");
        if (i + 1 < urls.size()) writer.append(",");
    }
    return writer.take();
}

std::string encode_date(const DateTime& date) {
    constexpr std::array<const char*, 7> kDays{"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    const std::int64_t day = civil_day(date.year, date.month, date.day);
    const auto weekday = static_cast<std::size_t>(((day % 7) + 7) % 7);
    const int zone = date.zone_minutes < 0 ? -date.zone_minutes : date.zone_minutes;
    // By hand: mail-serve writes one for each message, and a formatter takes as long as all else about its trace.
    std::string out = kDays.at(weekday);
    const auto put = [&out](int value) {
        out += static_cast<char>('0' + value / 10 % 10);
        out += static_cast<char>('0' + value % 10);
    };
    out += ", ";
    out += std::to_string(date.day);
    out += ' ';
    out += month_name(date.month);
    out += ' ';
    put(date.year / 100);
    put(date.year % 100);
    out += ' ';
    put(date.hour);
    out += ':';
    put(date.minute);
    out += ':';
    put(date.second);
    out += date.zone_minutes < 0 ? " -" : " +";
    put(zone / 60);
    put(zone % 60);
    return out;
}

Result<std::string> encode_parameter_field(std::string_view name, std::string_view value,
                                           const std::vector<Parameter>& parameters) {
    if (auto checked = check(name, value); !checked) return tl::unexpected(checked.error());
    FieldWriter writer(name);
    writer.put(" ", value);
    for (const Parameter& parameter : parameters) {
        if (has_line_end_or_nul(parameter.value))
            return refuse(name, "a line end or a NUL cannot stand in the parameter " + parameter.name);
        writer.put_parameter(parameter.name, parameter.value);
    }
    return writer.take();
}

Result<std::string> encode_raw_field(std::string_view name, std::string_view raw) {
    if (auto checked = check(name, ""); !checked) return tl::unexpected(checked.error());
    std::string field(name);
    field += ':';
    std::size_t line = field.size();
    for (std::size_t i = 0; i < raw.size(); ++i) {
        const bool crlf = raw.substr(i).starts_with("\r\n");
        if (crlf || raw[i] == '\n') {
            const std::size_t next = i + (crlf ? 2 : 1);
            if (next >= raw.size() || !is_blank(raw[next]))
                return refuse(name, "a line end that no white space follows cannot stand in a header field");
            field += "\r\n";
            line = 0;
            i = next - 1;
            continue;
        }
        if (raw[i] == '\r' || raw[i] == '\0')
            return refuse(name, "a bare CR or a NUL cannot stand in a header field");
        if (++line > limits::kLongestLine) return refuse(name, "a line of more than 998 octets");
        field += raw[i];
    }
    return field + "\r\n";
}

}  // namespace mailpipe::mime

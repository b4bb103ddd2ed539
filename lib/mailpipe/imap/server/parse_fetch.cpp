#include <algorithm>
#include <array>
#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/imap/server/limits.hpp"
#include "mailpipe/imap/server/parse_command.hpp"
#include "mailpipe/imap/server/write_response.hpp"
#include "mailpipe/mime/field_encode.hpp"

namespace mailpipe::imap::server {
namespace {

using Kind = FetchItem::Kind;
using Text = Section::Text;

enum class Form { plain, rfc822, section, binary, preview };

struct Entry {
    std::string_view name;
    Kind kind;
    Form form = Form::plain;
    std::string_view capability = "";
    Text text = Text::whole;
    bool peek = true;
};
constexpr auto kItems = std::to_array<Entry>({
    {"FLAGS", Kind::flags},
    {"UID", Kind::uid},
    {"INTERNALDATE", Kind::internal_date},
    {"RFC822.SIZE", Kind::size},
    {"ENVELOPE", Kind::envelope},
    {"BODYSTRUCTURE", Kind::body_structure},
    {"BODY", Kind::body},
    {"BODY[", Kind::section, Form::section, "", Text::whole, false},
    {"BODY.PEEK[", Kind::section, Form::section, "", Text::whole, true},
    {"BINARY[", Kind::binary, Form::binary, "BINARY", Text::whole, false},
    {"BINARY.PEEK[", Kind::binary, Form::binary, "BINARY", Text::whole, true},
    {"BINARY.SIZE[", Kind::binary_size, Form::binary, "BINARY", Text::whole, true},
    {"RFC822", Kind::section, Form::rfc822, "IMAP4rev1", Text::whole, false},
    {"RFC822.HEADER", Kind::section, Form::rfc822, "IMAP4rev1", Text::header, true},
    {"RFC822.TEXT", Kind::section, Form::rfc822, "IMAP4rev1", Text::text, false},
    {"MODSEQ", Kind::modseq, Form::plain, "CONDSTORE"},
    {"EMAILID", Kind::email_id, Form::plain, "OBJECTID"},
    {"THREADID", Kind::thread_id, Form::plain, "OBJECTID"},
    {"SAVEDATE", Kind::save_date, Form::plain, "SAVEDATE"},
    {"PREVIEW", Kind::preview, Form::preview, "PREVIEW"},
});

bool is_part_text(std::string_view name) {
    return name == "HEADER" || name == "HEADER.FIELDS" || name == "HEADER.FIELDS.NOT" || name == "TEXT" ||
           name == "MIME";
}

Text text_named(std::string_view name) {
    if (name == "HEADER") return Text::header;
    if (name == "HEADER.FIELDS") return Text::header_fields;
    if (name == "HEADER.FIELDS.NOT") return Text::header_fields_not;
    return name == "TEXT" ? Text::text : Text::mime;
}

// section-part = nz-number *("." nz-number)
Result<void> parse_part(CommandReader& in, Section& out, std::string& label) {
    do {
        const auto number = in.nz_number("section-part");
        if (!number) return tl::unexpected(number.error());
        if (out.part.size() == limits::kMimeDepth)
            return fail(Errc::limit,
                        "section-part deeper than kMimeDepth (" + std::to_string(limits::kMimeDepth) + ")");
        if (!out.part.empty()) label += '.';
        out.part.push_back(*number);
        write_number(label, *number);
    } while (in.rest().size() > 1 && in.rest()[0] == '.' && ascii::is_digit(in.rest()[1]) && in.take('.'));
    return {};
}

// header-list = "(" header-fld-name *(SP header-fld-name) ")"        header-fld-name = astring
Result<void> parse_fields(CommandReader& in, Section& out, std::string& label) {
    if (auto space = in.space(); !space) return space;
    label += " (";
    const auto read = parse_parenthesised(in, "header-list", false, [&]() -> Result<void> {
        auto name = in.astring("header-fld-name");
        if (!name) return tl::unexpected(name.error());
        if (!mime::is_field_name(*name)) return in.expected("header-fld-name");
        if (!out.fields.empty()) label += ' ';
        if (std::all_of(name->begin(), name->end(),
                        [](char c) { return ascii::is_alnum(c) || c == '-' || c == '_'; })) {
            label += *name;
        } else {
            write_string(label, *name);
        }
        out.fields.push_back(std::move(*name));
        return {};
    });
    label += ')';
    return read;
}

// section = "[" [section-spec] "]"        section-spec = section-msgtext / (section-part ["." section-text])
Result<void> parse_section(CommandReader& in, bool texts, FetchItem& item) {
    Section& out = item.section;
    if (in.rest().size() > 0 && ascii::is_digit(in.rest()[0])) {
        if (auto part = parse_part(in, out, item.label); !part) return part;
        if (texts && in.take('.')) item.label += '.';
    }
    const bool text_follows =
        texts && (out.part.empty() ? in.rest().substr(0, 1) != "]" : item.label.ends_with('.'));
    if (text_follows) {
        const std::size_t length = std::min(in.rest().find_first_of("] "), in.rest().size());
        const std::string name = ascii::to_upper(in.rest().substr(0, length));
        if (!is_part_text(name) || (name == "MIME" && out.part.empty())) return in.expected("section-spec");
        in.skip(length);
        out.text = text_named(name);
        item.label += name;
        if (out.text == Text::header_fields || out.text == Text::header_fields_not) {
            if (auto fields = parse_fields(in, out, item.label); !fields) return fields;
        }
    }
    item.label += ']';
    return in.expect(']', "\"]\" of section");
}

// partial = "<" number64 "." nz-number64 ">"
Result<void> parse_partial(CommandReader& in, FetchItem& item) {
    if (!in.take('<')) return {};
    const auto origin = in.number64("partial");
    if (!origin) return tl::unexpected(origin.error());
    if (!in.take('.')) return in.expected("\".\" of partial");
    const auto size = in.number64("partial");
    if (!size) return tl::unexpected(size.error());
    if (*size == 0) return in.expected("partial of some octets");
    if (!in.take('>')) return in.expected("\">\" of partial");
    item.partial = std::pair(*origin, *size);
    item.label += '<' + std::to_string(*origin) + '>';
    return {};
}

// "PREVIEW" [SP "(" "LAZY" ")"] (RFC 8970 section 6)
Result<void> parse_preview(CommandReader& in, FetchItem& item) {
    if (!ascii::starts_with_ignore_case(in.rest(), " (")) return {};
    in.take(' ');
    return parse_parenthesised(in, "preview modifiers", false, [&]() -> Result<void> {
        if (!in.take_word("LAZY")) return in.expected("LAZY");
        item.lazy = true;
        return {};
    });
}

std::string label_of(const Entry& entry) {
    if (entry.name == "BODY.PEEK[") return "BODY[";
    if (entry.name == "BINARY.PEEK[") return "BINARY[";
    return std::string(entry.name);
}

Result<void> parse_rest_of(CommandReader& in, const Entry& entry, FetchItem& item) {
    if (entry.form == Form::preview) return parse_preview(in, item);
    if (entry.form != Form::section && entry.form != Form::binary) return {};
    auto read = parse_section(in, entry.form == Form::section, item);
    if (!read || entry.kind == Kind::binary_size) return read;
    return parse_partial(in, item);
}

// fetch-att
Result<FetchItem> parse_item(CommandReader& in, const ParseContext& context) {
    const std::string_view rest = in.rest();
    std::size_t length = 0;
    while (length < rest.size() && (ascii::is_alnum(rest[length]) || rest[length] == '.'))
        ++length;
    if (length < rest.size() && rest[length] == '[') ++length;
    const std::string name = ascii::to_upper(rest.substr(0, length));
    for (const Entry& entry : kItems) {
        if (entry.name != name) continue;
        if (!entry.capability.empty() && !context.offers(entry.capability)) break;
        if (entry.form == Form::rfc822 && context.rev2) break;
        in.skip(length);
        FetchItem item;
        item.kind = entry.kind;
        item.peek = entry.peek;
        item.section.text = entry.text;
        item.label = label_of(entry);
        if (auto read = parse_rest_of(in, entry, item); !read) return tl::unexpected(read.error());
        return item;
    }
    return in.expected("fetch-att");
}

void add_once(std::vector<FetchItem>& items, Kind kind, std::string_view label) {
    const auto found =
        std::find_if(items.begin(), items.end(), [kind](const FetchItem& item) { return item.kind == kind; });
    if (found != items.end()) return;
    FetchItem item;
    item.kind = kind;
    item.label = label;
    items.insert(items.begin(), std::move(item));
}

// "ALL" / "FULL" / "FAST"
bool expand_macro(CommandReader& in, std::vector<FetchItem>& items) {
    const bool full = in.take_word("FULL");
    const bool all = full || in.take_word("ALL");
    if (!all && !in.take_word("FAST")) return false;
    if (full) add_once(items, Kind::body, "BODY");
    if (all) add_once(items, Kind::envelope, "ENVELOPE");
    add_once(items, Kind::size, "RFC822.SIZE");
    add_once(items, Kind::internal_date, "INTERNALDATE");
    add_once(items, Kind::flags, "FLAGS");
    return true;
}

// fetch-modifiers = SP "(" fetch-modifier *(SP fetch-modifier) ")" (RFC 4466, RFC 7162, RFC 9394)
Result<void> parse_modifier(CommandReader& in, const ParseContext& context, Fetch& out) {
    const auto name = in.keyword("fetch-modifier");
    if (!name) return tl::unexpected(name.error());
    if (*name == "VANISHED" && context.qresync && context.uid) {
        out.vanished = true;
        return {};
    }
    if (*name == "CHANGEDSINCE" && context.offers("CONDSTORE")) {
        if (auto space = in.space(); !space) return space;
        const auto modseq = in.number64("mod-sequence-value");
        if (!modseq) return tl::unexpected(modseq.error());
        out.changed_since = *modseq;
        return {};
    }
    if (*name == "PARTIAL" && context.offers("PARTIAL") && context.uid) {
        if (auto space = in.space(); !space) return space;
        const auto range = in.partial_range();
        if (!range) return tl::unexpected(range.error());
        out.partial = *range;
        return {};
    }
    return fail(Errc::protocol, "fetch-modifier is not known, or not here");
}

}  // namespace

Result<std::vector<FetchItem>> parse_fetch_items(CommandReader& in, const ParseContext& context, bool macros) {
    std::vector<FetchItem> out;
    if (macros && expand_macro(in, out)) return out;
    const auto one = [&]() -> Result<void> {
        auto item = parse_item(in, context);
        if (!item) return tl::unexpected(item.error());
        // A line that asks for the same a thousand times would make an answer a thousand times as long.
        const auto same = std::find_if(out.begin(), out.end(), [&](const FetchItem& other) {
            return other.kind == item->kind && other.label == item->label && other.partial == item->partial;
        });
        if (same != out.end()) {
            same->peek = same->peek && item->peek;
            return {};
        }
        if (out.size() == kFetchItems)
            return fail(Errc::limit, "more items than kFetchItems (" + std::to_string(kFetchItems) + ")");
        out.push_back(std::move(*item));
        return {};
    };
    const auto read = in.rest().substr(0, 1) == "(" ? parse_parenthesised(in, "fetch-att", false, one) : one();
    if (!read) return tl::unexpected(read.error());
    return out;
}

// fetch = "FETCH" SP sequence-set SP ("ALL" / "FULL" / "FAST" / fetch-att / "(" fetch-att *(SP fetch-att) ")")
//         [fetch-modifiers]
Result<Command> parse_fetch(CommandReader& in, const ParseContext& context) {
    Fetch out;
    out.uid = context.uid;
    Result<void> error;
    if (!read_into(parse_set(in, context), out.set, error)) return tl::unexpected(error.error());
    if (error = in.space(); !error) return tl::unexpected(error.error());
    if (!read_into(parse_fetch_items(in, context, true), out.items, error))
        return tl::unexpected(error.error());
    if (in.take(' ')) {
        error =
            parse_parenthesised(in, "fetch-modifiers", false, [&] { return parse_modifier(in, context, out); });
        if (!error) return tl::unexpected(error.error());
    }
    if (out.vanished && !out.changed_since) return fail(Errc::protocol, "VANISHED without CHANGEDSINCE");
    if (out.changed_since) add_once(out.items, Kind::modseq, "MODSEQ");
    if (out.uid) add_once(out.items, Kind::uid, "UID");
    return finish(in, std::move(out));
}

}  // namespace mailpipe::imap::server

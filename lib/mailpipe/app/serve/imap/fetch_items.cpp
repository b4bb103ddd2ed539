#include "mailpipe/app/serve/imap/fetch_items.hpp"

#include <algorithm>

#include "mailpipe/imap/server/cached_header.hpp"
#include "mailpipe/imap/server/message_data.hpp"
#include "mailpipe/imap/server/write_response.hpp"

namespace mailpipe::app::serve {
namespace {

namespace proto = imap::server;
using proto::FetchItem;
using proto::Section;

// HEADER.FIELDS of fields that the index keeps.
bool is_in_cached_header(const FetchItem& item) {
    const Section& section = item.section;
    return item.kind == FetchItem::Kind::section && section.part.empty() &&
           section.text == Section::Text::header_fields &&
           std::all_of(section.fields.begin(), section.fields.end(), proto::is_cached_field);
}

bool is_whole(const FetchItem& item) {
    return item.kind == FetchItem::Kind::section && item.section.part.empty() &&
           item.section.text == Section::Text::whole && !item.partial;
}

std::string_view cut(std::string_view octets, const FetchItem& item) {
    if (!item.partial) return octets;
    const auto& [origin, size] = *item.partial;
    return origin >= octets.size() ? std::string_view() : octets.substr(origin, size);
}

const mime::PartTree& tree_of(FetchedMessage& fetched) {
    if (!fetched.tree) fetched.tree = mime::parse_parts(*fetched.text);
    return *fetched.tree;
}

void write_section(FetchLine& line, const FetchItem& item, FetchedMessage& fetched) {
    std::string storage;
    std::optional<std::string_view> octets;
    if (is_in_cached_header(item)) {
        storage = proto::select_cached(fetched.facts->header, item.section.fields);
        octets = storage;
    } else if (item.section.part.empty() && item.section.text == Section::Text::whole) {
        octets = *fetched.text;
    } else {
        octets = proto::find_section(tree_of(fetched), item.section, storage);
    }
    std::string& out = line.item();
    if (!octets) {
        out.append(item.label).append(" NIL");
        return;
    }
    const std::string_view wanted = cut(*octets, item);
    write_literal_head(out, item.label, wanted.size());
    out += wanted;
}

Result<void> write_binary(FetchLine& line, const FetchItem& item, FetchedMessage& fetched) {
    auto decoded = proto::decode_section(tree_of(fetched), item.section);
    if (!decoded) return tl::unexpected(decoded.error());
    std::string& out = line.item();
    if (item.kind == FetchItem::Kind::binary_size) {
        out.append(item.label).append(" ");
        proto::write_number(out, *decoded ? (*decoded)->size() : 0);
        return {};
    }
    if (!*decoded) {
        out.append(item.label).append(" NIL");
        return {};
    }
    const std::string_view wanted = cut(**decoded, item);
    // literal8 where a literal cannot hold it.
    const bool has_nul = wanted.find('\0') != std::string_view::npos;
    out.append(item.label).append(has_nul ? " ~{" : " {");
    proto::write_number(out, wanted.size());
    out.append("}\r\n").append(wanted);
    return {};
}

void write_id(FetchLine& line, std::string_view name, std::string_view id) {
    std::string& out = line.item();
    if (id.empty()) {
        out.append(name).append(" NIL");
    } else {
        out.append(name).append(" (").append(id).append(")");
    }
}

}  // namespace

FetchNeeds needs_of(const std::vector<FetchItem>& items) {
    FetchNeeds needs;
    std::size_t texts = 0, wholes = 0;
    for (const FetchItem& item : items) {
        switch (item.kind) {
            case FetchItem::Kind::envelope:
                needs.facts |= index::kEnvelope;
                break;
            case FetchItem::Kind::body:
                needs.facts |= index::kBody;
                break;
            case FetchItem::Kind::body_structure:
                needs.facts |= index::kBodyStructure;
                break;
            case FetchItem::Kind::preview:
                needs.facts |= index::kPreview;
                break;
            case FetchItem::Kind::email_id:
            case FetchItem::Kind::thread_id:
                needs.ids = true;
                break;
            case FetchItem::Kind::modseq:
                needs.modseq = true;
                break;
            case FetchItem::Kind::section:
            case FetchItem::Kind::binary:
            case FetchItem::Kind::binary_size:
                needs.sets_seen |= !item.peek;
                if (is_in_cached_header(item)) {
                    needs.facts |= index::kHeader;
                } else {
                    ++texts;
                    if (is_whole(item)) ++wholes;
                }
                break;
            default:
                break;
        }
    }
    needs.text = texts > 0;
    needs.whole_only = texts == 1 && wholes == 1;
    return needs;
}

void write_literal_head(std::string& out, std::string_view label, std::uint64_t octets) {
    out.append(label).append(" {");
    proto::write_number(out, octets);
    out.append("}\r\n");
}

Result<void> write_item(FetchLine& line, const FetchItem& item, FetchedMessage& fetched) {
    const index::Message& message = fetched.message;
    switch (item.kind) {
        case FetchItem::Kind::flags:
            line.flags(fetched.snapshot, message);
            break;
        case FetchItem::Kind::uid:
            line.uid(message.uid);
            break;
        case FetchItem::Kind::internal_date:
            proto::write_date_time(line.item().append("INTERNALDATE "), message.internal_date);
            break;
        case FetchItem::Kind::save_date:
            proto::write_date_time(line.item().append("SAVEDATE "), message.save_date);
            break;
        case FetchItem::Kind::size:
            proto::write_number(line.item().append("RFC822.SIZE "), message.size);
            break;
        case FetchItem::Kind::envelope:
            line.item().append("ENVELOPE ").append(fetched.facts->envelope);
            break;
        case FetchItem::Kind::body:
            line.item().append("BODY ").append(fetched.facts->body);
            break;
        case FetchItem::Kind::body_structure:
            line.item().append("BODYSTRUCTURE ").append(fetched.facts->body_structure);
            break;
        case FetchItem::Kind::preview:
            proto::write_string(line.item().append("PREVIEW "), fetched.facts->preview, line.utf8());
            break;
        case FetchItem::Kind::modseq:
            line.modseq(message.modseq);
            break;
        case FetchItem::Kind::email_id:
            write_id(line, "EMAILID", fetched.email_id);
            break;
        case FetchItem::Kind::thread_id:
            write_id(line, "THREADID", fetched.thread_id);
            break;
        case FetchItem::Kind::section:
            write_section(line, item, fetched);
            break;
        case FetchItem::Kind::binary:
        case FetchItem::Kind::binary_size:
            return write_binary(line, item, fetched);
    }
    return {};
}

}  // namespace mailpipe::app::serve

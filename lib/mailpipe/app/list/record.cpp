#include "mailpipe/app/list/record.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace mailpipe::app {
namespace {

constexpr std::array<std::string_view, 22> kProperties{
    "ref",       "mailbox",   "uid",        "uidValidity", "uidl",   "keywords", "size", "receivedAt",
    "messageId", "inReplyTo", "references", "from",        "sender", "to",       "cc",   "bcc",
    "replyTo",   "subject",   "sentAt",     "threadId",    "depth",  "limitsMet"};

}  // namespace

Result<RecordFields> RecordFields::parse(const std::vector<std::string>& properties) {
    RecordFields fields;
    for (const std::string& property : properties) {
        if (email::is_header_property(property)) {
            auto parsed = email::parse_header_property(property);
            if (!parsed) return tl::unexpected(parsed.error());
            fields.header_properties_.push_back(std::move(*parsed));
        } else if (std::find(kProperties.begin(), kProperties.end(), property) == kProperties.end()) {
            return fail(Errc::usage,
                        "\"" + property +
                            "\" is no property of an envelope (mail-json(5)) and no \"header:NAME\"; "
                            "mail-show --json has what is in the body");
        }
        fields.properties_.push_back(property);
    }
    return fields;
}

bool RecordFields::has(std::string_view property) const {
    return properties_.empty() ||
           std::find(properties_.begin(), properties_.end(), property) != properties_.end();
}

email::Json RecordFields::record(const Candidate& candidate) const {
    email::Json envelope = email::envelope(candidate.header_text(), candidate.context);
    if (properties_.empty()) return envelope;
    mime::Header header;
    if (!header_properties_.empty()) header = mime::parse_header(candidate.header_text());
    email::Json record = email::Json::object();
    auto header_property = header_properties_.begin();
    for (const std::string& property : properties_) {
        if (email::is_header_property(property)) {
            record[property] = email::header_value(header, *header_property++);
        } else if (const auto value = envelope.find(property); value != envelope.end()) {
            record[property] = std::move(*value);
        }
    }
    return record;
}

std::string RecordFields::line(const Candidate& candidate) const {
    std::string line;
    append_line(candidate, line);
    return line;
}

void RecordFields::append_line(const Candidate& candidate, std::string& out) const {
    if (!properties_.empty()) {
        out += email::dump(record(candidate));
        return;
    }
    email::JsonWriter json(std::move(out));
    json.begin_object();
    const auto limits =
        email::write_envelope(json, mime::parse_header(candidate.header_text()), candidate.context);
    email::write_limits(json, limits);
    json.end_object();
    out = json.take();
}

}  // namespace mailpipe::app

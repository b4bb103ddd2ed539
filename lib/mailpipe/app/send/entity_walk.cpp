#include "mailpipe/app/send/entity_walk.hpp"

#include <algorithm>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/mime/header.hpp"
#include "mailpipe/mime/parameter.hpp"

namespace mailpipe::app {

Result<EntityWalk::Place> EntityWalk::line(std::string_view text, bool whole) {
    header_ended_ = false;
    if (take_delimiter(text)) return Place::delimiter;
    if (entity_begins_) {
        if (auto begun = begin_entity(); !begun) return tl::unexpected(begun.error());
    }
    if (place_ != Place::header) return place_;
    if (!text.empty()) return append_to_header(whole ? std::string(text) + "\r\n" : std::string(text));
    end_header();
    return Place::header;
}

Result<EntityWalk::Place> EntityWalk::append(std::string_view text) {
    return place_ == Place::header ? append_to_header(text) : Result<Place>(place_);
}

void EntityWalk::finish() {
    header_ended_ = false;
    if (place_ == Place::header && !entity_begins_) end_header();
}

Result<EntityWalk::Place> EntityWalk::append_to_header(std::string_view text) {
    if (header_.size() + text.size() > limits::kHeaderSize)
        return fail(Errc::limit, "the header of a part exceeds kHeaderSize");
    header_ += text;
    return Place::header;
}

// delimiter := CRLF "--" boundary ; close-delimiter := delimiter "--" ; transport-padding := *LWSP-char
bool EntityWalk::take_delimiter(std::string_view text) {
    if (text.substr(0, 2) != "--") return false;
    while (!text.empty() && ascii::is_space(text.back()))
        text.remove_suffix(1);
    for (std::size_t depth = boundaries_.size(); depth > 0; --depth) {
        const std::string& delimiter = boundaries_[depth - 1].delimiter;
        const bool closes =
            text.size() == delimiter.size() + 2 && text.starts_with(delimiter) && text.ends_with("--");
        if (text != delimiter && !closes) continue;
        if (place_ == Place::header && !entity_begins_) end_header();
        boundaries_.resize(closes ? depth - 1 : depth);
        place_ = Place::between;
        entity_begins_ = !closes;
        is_message_ = false;
        return true;
    }
    return false;
}

Result<void> EntityWalk::begin_entity() {
    if (++number_ >= limits::kMimeParts) return fail(Errc::limit, "the message has more parts than kMimeParts");
    entity_begins_ = false;
    header_.clear();
    place_ = Place::header;
    return {};
}

void EntityWalk::end_header() {
    header_ended_ = true;
    const mime::Header header = mime::parse_header(header_);
    entity_ = {};
    entity_.is_signed =
        std::any_of(boundaries_.begin(), boundaries_.end(), [](const Boundary& b) { return b.is_signed; });
    if (!boundaries_.empty() && boundaries_.back().is_digest && !is_message_) entity_.type = "message/rfc822";
    if (const mime::Field* field = header.find("Content-Transfer-Encoding")) {
        const std::string value = mime::unfold(field->value);
        const auto words = ascii::split_words(std::string_view(value).substr(0, value.find_first_of("(;")));
        if (!words.empty()) entity_.encoding = ascii::to_lower(ascii::trim(words[0]));
    }
    mime::ContentType type;
    if (const mime::Field* field = header.find("Content-Type")) {
        type = mime::parse_content_type(field->value);
        entity_.type = type.full();
        entity_.is_typed = true;
    }
    const std::string_view boundary = type.parameters.find_raw("boundary");
    const bool is_identity = entity_.encoding != "base64" && entity_.encoding != "quoted-printable";
    if (type.type == "multipart" && entity_.is_typed && !boundary.empty() &&
        boundaries_.size() < limits::kMimeDepth) {
        boundaries_.push_back(
            {"--" + std::string(boundary), type.subtype == "digest", type.subtype == "signed"});
        entity_.is_composite = true;
        place_ = Place::between;
    } else if (entity_.type == "message/rfc822" && is_identity) {
        entity_.is_composite = true;
        entity_begins_ = true;
        is_message_ = true;
        place_ = Place::between;
    } else {
        place_ = Place::body;
    }
}

}  // namespace mailpipe::app

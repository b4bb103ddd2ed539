#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "mailpipe/email/message_from_json.hpp"
#include "mailpipe/mime/part_tree.hpp"

using namespace mailpipe;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

bool has_header_property(const email::Json& object) {
    for (auto item = object.begin(); item != object.end(); ++item) {
        if (item.key().rfind("header:", 0) == 0) return true;
    }
    return false;
}

}  // namespace

// JSON is refused as data, or becomes a message that says no more than the JSON did and that can be turned into an
// object and built again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto object = email::parse_email_object({reinterpret_cast<const char*>(data), size});
    if (!object) return 0;
    const auto message =
        email::message_from_json(*object, {mime::DateTime{2026, 11, 24, 12, 0, 0, 0}, "m@x", "seed"});
    if (!message) {
        require(message.error().kind == Errc::data);
        return 0;
    }
    const mime::PartTree tree = mime::parse_parts(*message);
    const std::string_view header = tree.header(tree.parts[0]);
    require(header.ends_with("\r\n\r\n") && header.find('\0') == std::string_view::npos);
    if (!tree.limits.empty() || has_header_property(*object)) return 0;

    // threats.md, CR, LF, NUL in JSON: one field for each property, and what is always there.
    require(tree.parts[0].header.fields.size() <= object->size() + 10);
    require(tree.parts[0].header.find("Bcc") == nullptr || object->contains("bcc"));
    email::EmailOptions options;
    options.with_raw = true;
    const email::Json first = email::email(*message, {}, options);
    const auto rebuilt = email::message_from_json(first, {});
    require(rebuilt.has_value());
    const email::Json second = email::email(*rebuilt, {}, options);
    for (const char* key : {"messageId", "inReplyTo", "references", "from", "sender", "to", "cc", "bcc",
                            "replyTo", "subject", "sentAt"}) {
        require(first.contains(key) == second.contains(key));
        require(!first.contains(key) || first[key] == second[key]);
    }
    require(first["attachments"].size() == second["attachments"].size());
    return 0;
}

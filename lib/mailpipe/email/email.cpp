#include "mailpipe/email/email.hpp"

#include <algorithm>
#include <vector>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/email/body_parts.hpp"
#include "mailpipe/email/preview.hpp"
#include "mailpipe/email/text_value.hpp"
#include "mailpipe/mime/encoded_word.hpp"
#include "mailpipe/mime/message_id.hpp"
#include "mailpipe/mime/part_tree.hpp"

namespace mailpipe::email {
namespace {

constexpr std::size_t kPreviewCharacters = 256;  // RFC 8621 section 4.1.4

// Decodes each body once. Texts are kept until they are written; of anything else only the size is.
class Record {
 public:
    Record(std::string_view message, const EmailOptions& options)
        : tree_(mime::parse_parts(message)), options_(options), selected_(select_body_parts(tree_)) {}

    const mime::Header& header() const { return tree_.parts[0].header; }

    // `limits` are those that the envelope met.
    void write_members(JsonWriter& json, mime::LimitSet limits) {
        read_leaves();
        limits.add(tree_.limits);
        write_limits(json, limits);
        json.key("hasAttachment");
        json.boolean(
            std::any_of(selected_.attachments.begin(), selected_.attachments.end(),
                        [this](std::size_t index) { return tree_.parts[index].disposition.type != "inline"; }));
        json.key("preview");
        json.string(preview());
        json.key("bodyStructure");
        write_structure(json, 0);
        write_values(json);
        write_list(json, "textBody", selected_.text, false);
        write_list(json, "htmlBody", selected_.html, false);
        write_list(json, "attachments", selected_.attachments, true);
    }

 private:
    struct Leaf {
        std::string id;
        std::size_t size = 0;  // decoded
        std::string text;      // of a text part
        bool problem = false;
        std::string members;  // of its EmailBodyPart
    };

    void read_leaves() {
        leaves_.resize(tree_.parts.size());
        // What is inside of a message/rfc822 is not described: that is one part (RFC 8621 section 4.1.4).
        std::vector<bool> described(tree_.parts.size());
        for (std::size_t i = 0; i < tree_.parts.size(); ++i) {
            const mime::Part& part = tree_.parts[i];
            described[i] = i == 0 || (described[part.parent] && tree_.parts[part.parent].is_multipart());
            if (part.is_multipart() || !described[i]) continue;
            Leaf& leaf = leaves_[i];
            leaf.id = mime::part_number(tree_, i);
            if (part.is_text()) {
                const std::string octets = mime::decode_body(tree_, part, &leaf.problem);
                leaf.size = octets.size();
                mime::DecodedText decoded = text_value(octets, part);
                leaf.text = std::move(decoded.text);
                leaf.problem = leaf.problem || decoded.problem;
            } else {
                mime::decode_body_pieces(tree_, part,
                                         [&leaf](std::string_view piece) { leaf.size += piece.size(); });
            }
            JsonWriter json;
            write_part(json, i);
            leaf.members = json.take();
        }
    }

    // The members of EmailBodyPart but for subParts.
    void write_part(JsonWriter& json, std::size_t index) const {
        const mime::Part& part = tree_.parts[index];
        const auto text = [&json](const char* key, std::string_view value) {
            json.key(key);
            json.string(value);
        };
        if (!part.is_multipart()) {
            text("partId", leaves_[index].id);
            json.key("size");
            json.number(leaves_[index].size);
        }
        if (const auto name = mime::file_name(part); !name.empty()) text("name", name);
        text("type", part.type.full());
        if (part.is_text()) {
            const std::string_view charset = part.type.parameters.find("charset");
            text("charset", charset.empty() ? "us-ascii" : charset);
        }
        if (!part.disposition.type.empty()) text("disposition", part.disposition.type);
        write_content_fields(json, part.header);
    }

    static void write_content_fields(JsonWriter& json, const mime::Header& header) {
        if (const mime::Field* id = header.find("Content-ID")) {
            const auto ids = mime::parse_message_ids(id->value);
            const std::string text = ids.empty() ? mime::decode_text(id->value).text : ids.front();
            if (!text.empty()) {
                json.key("cid");
                json.string(text);
            }
        }
        if (const mime::Field* language = header.find("Content-Language")) {
            std::vector<std::string_view> tags;
            const std::string text = mime::decode_text(language->value).text;
            for (const std::string_view tag : ascii::split(text, ',')) {
                if (const auto trimmed = ascii::trim(tag); !trimmed.empty()) tags.push_back(trimmed);
            }
            if (!tags.empty()) {
                json.key("language");
                json.begin_array();
                for (const std::string_view tag : tags)
                    json.string(tag);
                json.end_array();
            }
        }
        if (const mime::Field* location = header.find("Content-Location")) {
            json.key("location");
            json.string(mime::decode_text(location->value).text);
        }
    }

    // Recursion ends at kMimeDepth.
    void write_structure(JsonWriter& json, std::size_t index) const {
        const mime::Part& part = tree_.parts[index];
        json.begin_object();
        if (!part.is_multipart()) {
            json.members(leaves_[index].members);
            json.end_object();
            return;
        }
        write_part(json, index);
        json.key("subParts");
        json.begin_array();
        for (const std::size_t child : part.children)
            write_structure(json, child);
        json.end_array();
        json.end_object();
    }

    void write_values(JsonWriter& json) const {
        json.key("bodyValues");
        json.begin_object();
        for (std::size_t i = 0; i < leaves_.size(); ++i) {
            const Leaf& leaf = leaves_[i];
            if (leaf.members.empty() || !tree_.parts[i].is_text()) continue;
            const bool truncated = options_.max_body_value > 0 && leaf.text.size() > options_.max_body_value;
            json.any_key(leaf.id);
            json.begin_object();
            json.key("value");
            json.string(truncated ? utf8_prefix(leaf.text, options_.max_body_value) : leaf.text);
            json.key("isEncodingProblem");
            json.boolean(leaf.problem);
            json.key("isTruncated");
            json.boolean(truncated);
            json.end_object();
        }
        json.end_object();
    }

    void write_list(JsonWriter& json, const char* key, const std::vector<std::size_t>& indices,
                    bool attachments) const {
        json.key(key);
        json.begin_array();
        for (const std::size_t index : indices) {
            const mime::Part& part = tree_.parts[index];
            const Leaf& leaf = leaves_[index];
            json.begin_object();
            json.members(leaf.members);
            if (options_.with_raw && (attachments || !part.is_text() || leaf.problem)) {
                json.key("raw");
                json.begin_base64();
                mime::decode_body_pieces(tree_, part,
                                         [&json](std::string_view piece) { json.append_base64(piece); });
                json.end_base64();
            }
            json.end_object();
        }
        json.end_array();
    }

    std::string preview() const {
        for (const std::size_t index : selected_.text) {
            const mime::Part& part = tree_.parts[index];
            if (!part.is_text()) continue;
            return preview_of(leaves_[index].text, part.type.subtype == "html", kPreviewCharacters);
        }
        return "";
    }

    mime::PartTree tree_;
    EmailOptions options_;
    BodyParts selected_;
    std::vector<Leaf> leaves_;  // by the index of the part
};

}  // namespace

void write_email(JsonWriter& json, std::string_view message, const Context& context,
                 const EmailOptions& options) {
    Context complete = context;
    if (!complete.size) complete.size = message.size();
    Record record(message, options);
    json.begin_object();
    const mime::LimitSet limits = write_envelope(json, record.header(), complete);
    record.write_members(json, limits);
    json.end_object();
}

Json email(std::string_view message, const Context& context, const EmailOptions& options) {
    JsonWriter json;
    write_email(json, message, context, options);
    return Json::parse(json.take());
}

}  // namespace mailpipe::email

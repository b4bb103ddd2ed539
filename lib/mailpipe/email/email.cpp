#include "mailpipe/email/email.hpp"

#include <algorithm>
#include <map>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/email/body_parts.hpp"
#include "mailpipe/email/html_text.hpp"
#include "mailpipe/email/text_value.hpp"
#include "mailpipe/mime/encoded_word.hpp"
#include "mailpipe/mime/message_id.hpp"
#include "mailpipe/mime/part_tree.hpp"

namespace mailpipe::email {
namespace {

constexpr std::size_t kPreviewCharacters = 256;  // RFC 8621 section 4.1.4
constexpr std::size_t kPreviewOctets = 16'384;   // of the text that it is made from

std::string make_preview(std::string_view text) {
    std::string out;
    std::size_t characters = 0;
    bool space = false;
    while (!text.empty() && characters < kPreviewCharacters) {
        const std::size_t length = std::max<std::size_t>(utf8_sequence_length(text), 1);
        if (length == 1 && (ascii::is_space(text[0]) || ascii::is_control(text[0]))) {
            space = !out.empty();
        } else {
            if (space && ++characters == kPreviewCharacters) break;
            if (space) out += ' ';
            space = false;
            out += text.substr(0, length);
            ++characters;
        }
        text.remove_prefix(length);
    }
    return out;
}

class Builder {
 public:
    Builder(std::string_view message, const EmailOptions& options)
        : tree_(mime::parse_parts(message)), options_(options), selected_(select_body_parts(tree_)) {}

    void add_to(Json& json) {
        if (tree_.limits_met) json["limitsMet"] = true;
        Json structure = describe(0);
        json["hasAttachment"] =
            std::any_of(selected_.attachments.begin(), selected_.attachments.end(),
                        [this](std::size_t index) { return tree_.parts[index].disposition.type != "inline"; });
        json["preview"] = preview();
        json["bodyStructure"] = std::move(structure);
        json["bodyValues"] = std::move(values_);
        json["textBody"] = list(selected_.text);
        json["htmlBody"] = list(selected_.html);
        json["attachments"] = list(selected_.attachments);
    }

 private:
    // EmailBodyPart; recursion ends at kMimeDepth.
    Json describe(std::size_t index) {
        const mime::Part& part = tree_.parts[index];
        Json json = Json::object();
        if (!part.is_multipart()) {
            const std::string id = mime::part_number(tree_, index);
            json["partId"] = id;
            json["size"] = read_body(index, id);
        }
        if (const auto name = mime::file_name(part); !name.empty()) json["name"] = name;
        json["type"] = part.type.full();
        if (part.is_text()) {
            const std::string_view charset = part.type.parameters.find("charset");
            json["charset"] = charset.empty() ? "us-ascii" : charset;
        }
        if (!part.disposition.type.empty()) json["disposition"] = part.disposition.type;
        add_content_fields(json, part.header);
        if (part.is_multipart()) {
            Json& children = json["subParts"] = Json::array();
            for (const std::size_t child : part.children)
                children.push_back(describe(child));
        } else {
            leaves_[index] = json;
        }
        return json;
    }

    static void add_content_fields(Json& json, const mime::Header& header) {
        if (const mime::Field* id = header.find("Content-ID")) {
            const auto ids = mime::parse_message_ids(id->value);
            const std::string text = ids.empty() ? mime::decode_text(id->value).text : ids.front();
            if (!text.empty()) json["cid"] = text;
        }
        if (const mime::Field* language = header.find("Content-Language")) {
            Json list = Json::array();
            const std::string text = mime::decode_text(language->value).text;
            for (const std::string_view tag : ascii::split(text, ',')) {
                if (const auto trimmed = ascii::trim(tag); !trimmed.empty()) list.push_back(trimmed);
            }
            if (!list.empty()) json["language"] = std::move(list);
        }
        if (const mime::Field* location = header.find("Content-Location")) {
            json["location"] = mime::decode_text(location->value).text;
        }
    }

    // The decoded size; the value of a text part goes to values_.
    std::size_t read_body(std::size_t index, const std::string& id) {
        const mime::Part& part = tree_.parts[index];
        bool problem = false;
        const std::string octets = mime::decode_body(tree_, part, &problem);
        if (!part.is_text()) return octets.size();
        mime::DecodedText decoded = text_value(octets, part);
        std::string_view value = decoded.text;
        const bool truncated = options_.max_body_value > 0 && value.size() > options_.max_body_value;
        if (truncated) value = utf8_prefix(value, options_.max_body_value);
        Json json = Json::object();
        json["value"] = value;
        json["isEncodingProblem"] = problem || decoded.problem;
        json["isTruncated"] = truncated;
        values_[id] = std::move(json);
        return octets.size();
    }

    std::string preview() const {
        for (const std::size_t index : selected_.text) {
            const mime::Part& part = tree_.parts[index];
            if (!part.is_text()) continue;
            const auto value =
                values_.at(mime::part_number(tree_, index)).at("value").get_ref<const std::string&>();
            const std::string_view text = utf8_prefix(value, kPreviewOctets);
            return make_preview(part.type.subtype == "html" ? html_text(text) : std::string(text));
        }
        return "";
    }

    Json list(const std::vector<std::size_t>& indices) const {
        Json out = Json::array();
        for (const std::size_t index : indices)
            out.push_back(leaves_.at(index));
        return out;
    }

    mime::PartTree tree_;
    EmailOptions options_;
    BodyParts selected_;
    std::map<std::size_t, Json> leaves_;
    // A plain map: ordered_json looks keys up one by one, and there may be kMimeParts of them.
    std::map<std::string, Json> values_;
};

}  // namespace

Json email(std::string_view message, const Context& context, const EmailOptions& options) {
    Context complete = context;
    if (!complete.size) complete.size = message.size();
    Json json = envelope(message, complete);
    Builder(message, options).add_to(json);
    return json;
}

}  // namespace mailpipe::email

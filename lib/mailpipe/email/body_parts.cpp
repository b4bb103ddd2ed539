#include "mailpipe/email/body_parts.hpp"

namespace mailpipe::email {
namespace {

bool is_inline_media(const mime::Part& part) {
    return part.type.type == "image" || part.type.type == "audio" || part.type.type == "video";
}

// parseStructure() of RFC 8621 section 4.1.4, with its names. Depth is limited by kMimeDepth.
class Selector {
 public:
    explicit Selector(const mime::PartTree& tree) : tree_(tree) {}

    BodyParts run() {
        parse({0}, "mixed", false, &out_.html, &out_.text);
        return std::move(out_);
    }

 private:
    using List = std::vector<std::size_t>;

    static bool is_body_part(const mime::Part& part, bool first, std::string_view multipart_type) {
        const bool inline_type =
            is_inline_media(part) ||
            (part.type.type == "text" && (part.type.subtype == "plain" || part.type.subtype == "html"));
        return part.disposition.type != "attachment" && inline_type &&
               (first ||
                (multipart_type != "related" && (is_inline_media(part) || mime::file_name(part).empty())));
    }

    void add_body_part(std::size_t index, std::string_view multipart_type, bool in_alternative, List*& html,
                       List*& text) {
        const mime::Part& part = tree_.parts[index];
        const bool plain = part.type.full() == "text/plain";
        const bool is_html = part.type.full() == "text/html";
        if (multipart_type == "alternative") {
            List* target = plain ? text : is_html ? html : &out_.attachments;
            if (target != nullptr) target->push_back(index);
            return;
        }
        if (in_alternative) {
            if (plain) html = nullptr;
            if (is_html) text = nullptr;
        }
        if (text != nullptr) text->push_back(index);
        if (html != nullptr) html->push_back(index);
        if ((text == nullptr || html == nullptr) && is_inline_media(part)) out_.attachments.push_back(index);
    }

    void parse(const List& parts, std::string_view multipart_type, bool in_alternative, List* html,
               List* text) {
        const std::size_t text_length = text != nullptr ? text->size() : 0;
        const std::size_t html_length = html != nullptr ? html->size() : 0;
        for (std::size_t i = 0; i < parts.size(); ++i) {
            const mime::Part& part = tree_.parts[parts[i]];
            if (part.is_multipart()) {
                const bool alternative = part.type.subtype == "alternative";
                parse(part.children, part.type.subtype, in_alternative || alternative, html, text);
            } else if (is_body_part(part, i == 0, multipart_type)) {
                add_body_part(parts[i], multipart_type, in_alternative, html, text);
            } else {
                out_.attachments.push_back(parts[i]);
            }
        }
        if (multipart_type != "alternative" || text == nullptr || html == nullptr) return;
        const bool text_added = text->size() != text_length;
        const bool html_added = html->size() != html_length;
        if (html_added && !text_added) copy_from(*html, html_length, *text);
        if (text_added && !html_added) copy_from(*text, text_length, *html);
    }

    static void copy_from(const List& from, std::size_t start, List& to) {
        for (std::size_t i = start; i < from.size(); ++i)
            to.push_back(from[i]);
    }

    const mime::PartTree& tree_;
    BodyParts out_;
};

}  // namespace

BodyParts select_body_parts(const mime::PartTree& tree) {
    return Selector(tree).run();
}

}  // namespace mailpipe::email

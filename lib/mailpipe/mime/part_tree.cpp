#include "mailpipe/mime/part_tree.hpp"

#include <algorithm>
#include <unordered_map>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/mime/inline_file.hpp"

namespace mailpipe::mime {
namespace {

std::string_view trim_end(std::string_view text) {
    while (!text.empty() && ascii::is_space(text.back()))
        text.remove_suffix(1);
    return text;
}

// Line by line, with the multiparts that are open on a stack. Each line that begins with "--" costs a few hash
// look-ups however many multiparts are open, so that nested boundaries which are prefixes of each other, or the
// same, cost no more than others (threats.md: MIME bombs).
class Scanner {
 public:
    explicit Scanner(std::string_view message) { tree_.message = message; }

    PartTree run() {
        at_ = 0;
        open_part(Part::kNone, false);
        while (at_ < tree_.message.size() && !stack_.empty())
            scan_line();
        close_above(0, tree_.message.size());
        return std::move(tree_);
    }

 private:
    struct Open {
        std::size_t part = 0;
        std::string boundary;  // empty for a message/rfc822 and for a leaf
    };
    struct Delimiter {
        std::size_t level = 0;  // in stack_
        bool closes = false;
    };

    std::size_t next_line(std::size_t at) const {
        const std::size_t lf = tree_.message.find('\n', at);
        return lf == std::string_view::npos ? tree_.message.size() : lf + 1;
    }

    // delimiter := CRLF "--" boundary; close-delimiter := delimiter "--"; both with transport-padding.
    // What follows the boundary behind white space is passed over: "it is sufficient that the boundary appear
    // in its entirety following the CRLF" (RFC 2046 section 5.1.1).
    std::optional<Delimiter> delimiter(std::string_view line) const {
        if (levels_.empty() || !line.starts_with("--")) return std::nullopt;
        line.remove_prefix(2);
        while (!line.empty() && ascii::is_space(line.back()))
            line.remove_suffix(1);
        if (const auto whole = look_up(line)) return whole;
        const std::size_t blank = line.find_first_of(" \t");
        return blank == std::string_view::npos ? std::nullopt : look_up(line.substr(0, blank));
    }

    std::optional<Delimiter> look_up(std::string_view text) const {
        const auto level_of = [this](std::string_view boundary) -> std::optional<std::size_t> {
            if (boundary.empty() || boundary.size() > longest_) return std::nullopt;
            const auto found = levels_.find(std::string(boundary));
            if (found == levels_.end()) return std::nullopt;
            return found->second.back();
        };
        if (const auto level = level_of(text)) return Delimiter{*level, false};
        if (!text.ends_with("--")) return std::nullopt;
        text = trim_end(text.substr(0, text.size() - 2));
        if (const auto level = level_of(text)) return Delimiter{*level, true};
        return std::nullopt;
    }

    void scan_line() {
        const std::size_t start = at_;
        const std::size_t end = next_line(start);
        at_ = end;
        const auto found = delimiter(tree_.message.substr(start, end - start));
        if (!found) return;
        close_above(found->level + 1, before_line_end(start));
        const std::size_t multipart = stack_[found->level].part;
        if (found->closes) {
            // Its boundary means nothing from here on: the rest up to the parent's boundary is epilogue.
            forget_boundary(found->level);
        } else if (tree_.parts.size() >= limits::kMimeParts) {
            tree_.limits.add(Limit::mime_parts);
        } else {
            open_part(multipart, tree_.parts[multipart].type.subtype == "digest");
        }
    }

    // The line end in front of a delimiter belongs to it. A body never begins behind its end.
    std::size_t before_line_end(std::size_t line_start) const {
        std::size_t end = line_start;
        if (end > 0 && tree_.message[end - 1] == '\n') --end;
        if (end > 0 && tree_.message[end - 1] == '\r' && end < line_start) --end;
        return end;
    }

    // Reads the header that begins at at_, and, iteratively, that of the message in a message/rfc822.
    void open_part(std::size_t parent, bool in_digest) {
        while (true) {
            const std::size_t index = add_part(parent, in_digest);
            Part& part = tree_.parts[index];
            stack_.push_back({index, {}});
            const bool deep = part.depth + 1 >= limits::kMimeDepth;
            if (part.is_multipart()) {
                // A boundary never ends with white space (RFC 2046 section 5.1.1); transports add and remove
                // it.
                const std::string boundary(trim_end(part.type.parameters.find_raw("boundary")));
                if (deep || boundary.empty()) {
                    if (deep) tree_.limits.add(Limit::mime_depth);
                    treat_as_text(part);
                    return;
                }
                remember_boundary(boundary);
                return;
            }
            const bool message =
                part.type.type == "message" && (part.type.subtype == "rfc822" || part.type.subtype == "global");
            // One that is encoded, which RFC 2046 section 5.2.1 forbids, stays a leaf: its parts have no
            // offsets here.
            if (!message || (part.encoding != TransferEncoding::identity)) return;
            if (deep || tree_.parts.size() >= limits::kMimeParts) {
                tree_.limits.add(deep ? Limit::mime_depth : Limit::mime_parts);
                return;
            }
            parent = index;
            in_digest = false;
        }
    }

    std::size_t add_part(std::size_t parent, bool in_digest) {
        const std::size_t index = tree_.parts.size();
        Part part;
        part.parent = parent;
        part.header_begin = at_;
        const std::size_t header_end = find_header_end();
        part.header = parse_header(tree_.message.substr(at_, header_end - at_));
        for (Field& field : part.header.fields)
            field.offset += at_;
        at_ += part.header.size;
        // The line end of a header that a delimiter cuts off belongs to the delimiter, too.
        const bool cut = at_ == header_end && at_ < tree_.message.size() &&
                         !ends_with_empty_line(part.header_begin, header_end);
        part.body_begin = cut ? std::max(before_line_end(at_), part.header_begin) : at_;
        part.body_end = part.body_begin;
        tree_.limits.add(part.header.limits);
        if (parent != Part::kNone) {
            part.depth = tree_.parts[parent].depth + 1;
            tree_.parts[parent].children.push_back(index);
        }
        read_content_fields(part, in_digest);
        tree_.parts.push_back(std::move(part));
        return index;
    }

    // Behind the empty line, or at the delimiter that cuts the header off. That may be one of the boundary that the
    // header itself declares, where the empty line is missing; only the first candidate is looked at.
    std::size_t find_header_end() const {
        bool seen_candidate = false;
        std::size_t at = at_;
        while (at < tree_.message.size()) {
            const std::size_t end = next_line(at);
            const std::string_view line = tree_.message.substr(at, end - at);
            if (line == "\n" || line == "\r\n") return end;
            if (delimiter(line)) return at;
            if (!seen_candidate && line.starts_with("--")) {
                seen_candidate = true;
                if (declares_boundary_of(tree_.message.substr(at_, at - at_), line)) return at;
            }
            at = end;
        }
        return at;
    }

    static bool declares_boundary_of(std::string_view header, std::string_view line) {
        const Header parsed = parse_header(header);
        const Field* field = parsed.find("Content-Type");
        if (field == nullptr) return false;
        const ContentType type = parse_content_type(field->value);
        const std::string_view boundary = trim_end(type.parameters.find_raw("boundary"));
        return type.type == "multipart" && !boundary.empty() && trim_end(line.substr(2)) == boundary;
    }

    bool ends_with_empty_line(std::size_t begin, std::size_t end) const {
        const std::string_view header = tree_.message.substr(begin, end - begin);
        return header == "\n" || header == "\r\n" || header.ends_with("\n\n") || header.ends_with("\n\r\n");
    }

    void read_content_fields(Part& part, bool in_digest) {
        if (const Field* type = part.header.find("Content-Type")) {
            part.has_content_type = true;
            part.type = parse_content_type(type->value, &tree_.limits);
        } else if (in_digest) {  // RFC 2046 section 5.1.5
            part.type.type = "message";
            part.type.subtype = "rfc822";
        }
        if (const Field* disposition = part.header.find("Content-Disposition")) {
            part.disposition = parse_content_disposition(disposition->value, &tree_.limits);
        }
        if (const Field* encoding = part.header.find("Content-Transfer-Encoding")) {
            part.encoding = parse_transfer_encoding(encoding->value);
        }
        // Composite types must not be encoded (RFC 2045 section 6.4); where one says so the label is wrong.
        if (part.is_multipart()) part.encoding = TransferEncoding::identity;
    }

    // Some senders write a delimiter where the close-delimiter of the multipart belongs: no part begins there.
    bool is_trailing_nothing(const Part& part) const {
        if (&part != &tree_.parts.back() || part.parent == Part::kNone) return false;
        if (!part.header.fields.empty() || part.body_end > part.body_begin) return false;
        const Part& parent = tree_.parts[part.parent];
        return parent.is_multipart() && parent.children.size() > 1;
    }

    static void treat_as_text(Part& part) {
        part.type.type = "text";
        part.type.subtype = "plain";
    }

    void remember_boundary(const std::string& boundary) {
        stack_.back().boundary = boundary;
        levels_[boundary].push_back(stack_.size() - 1);
        longest_ = std::max(longest_, boundary.size());
    }

    void forget_boundary(std::size_t level) {
        const std::string& boundary = stack_[level].boundary;
        if (boundary.empty()) return;
        const auto found = levels_.find(boundary);
        if (found == levels_.end() || found->second.back() != level) return;
        found->second.pop_back();
        if (found->second.empty()) levels_.erase(found);
    }

    // Ends the bodies of all open parts from that level on.
    void close_above(std::size_t level, std::size_t end) {
        while (stack_.size() > level) {
            Part& part = tree_.parts[stack_.back().part];
            part.body_end = std::max(end, part.body_begin);
            if (stack_.size() > level + 1 && is_trailing_nothing(part)) {
                tree_.parts[part.parent].children.pop_back();
                tree_.parts.pop_back();
                stack_.pop_back();
                continue;
            }
            if (part.is_multipart() && part.children.empty()) treat_as_text(part);
            forget_boundary(stack_.size() - 1);
            stack_.pop_back();
        }
    }

    PartTree tree_;
    std::size_t at_ = 0;
    std::vector<Open> stack_;
    std::unordered_map<std::string, std::vector<std::size_t>> levels_;  // boundary: levels, innermost last
    std::size_t longest_ = 0;                                           // boundary so far
};

bool has_number(const PartTree& tree, std::size_t index) {
    const Part& part = tree.parts[index];
    const bool whole_message = part.parent == Part::kNone || tree.parts[part.parent].is_message();
    return !whole_message || !part.is_multipart();
}

}  // namespace

PartTree parse_parts(std::string_view message) {
    return Scanner(message).run();
}

std::string part_number(const PartTree& tree, std::size_t index) {
    if (!has_number(tree, index)) return "";
    std::string number;
    while (true) {
        const Part& part = tree.parts[index];
        const bool root = part.parent == Part::kNone;
        // A message's multipart hands its place on to its parts; a message's only body is its part 1.
        if (!has_number(tree, index)) {
            if (root) return number;
            index = part.parent;
            continue;
        }
        std::size_t position = 1;
        if (!root) {
            const auto& siblings = tree.parts[part.parent].children;
            position = static_cast<std::size_t>(std::lower_bound(siblings.begin(), siblings.end(), index) -
                                                siblings.begin()) +
                       1;
        }
        number = number.empty() ? std::to_string(position) : std::to_string(position) + "." + number;
        if (root) return number;
        index = part.parent;
    }
}

// The root of message/rfc822 nested at the top has the number "1", and its own message's parts "1.1" and so on.
std::optional<std::size_t> find_part(const PartTree& tree, std::string_view number) {
    for (std::size_t index = 0; index < tree.parts.size(); ++index) {
        if (!number.empty() && part_number(tree, index) == number) return index;
    }
    return std::nullopt;
}

std::vector<std::size_t> numbered_parts(const PartTree& tree) {
    std::vector<std::size_t> out;
    for (std::size_t index = 0; index < tree.parts.size(); ++index) {
        if (has_number(tree, index)) out.push_back(index);
    }
    return out;
}

std::string decode_body(const PartTree& tree, const Part& part, bool* problem) {
    if (part.encoding == TransferEncoding::uuencode) {
        const auto files = find_inline_files(tree.body(part));
        if (!files.empty()) return decode_inline_file(files[0], problem);
    }
    return decode_transfer(tree.body(part), part.encoding, problem);
}

void decode_body_pieces(const PartTree& tree, const Part& part,
                        const std::function<void(std::string_view)>& take) {
    constexpr std::size_t kPiece = 65'536;
    const std::string_view body = tree.body(part);
    if (part.encoding == TransferEncoding::identity) return take(body);
    if (part.encoding == TransferEncoding::uuencode) return take(decode_body(tree, part));
    TransferDecoder decoder(part.encoding);
    std::string out;
    for (std::size_t at = 0; at < body.size(); at += kPiece) {
        out.clear();
        decoder.append(body.substr(at, kPiece), out);
        take(out);
    }
    out.clear();
    decoder.finish(out);
    take(out);
}

std::string_view file_name(const Part& part) {
    const std::string_view name = part.disposition.parameters.find("filename");
    return name.empty() ? part.type.parameters.find("name") : name;
}

}  // namespace mailpipe::mime

#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/imap/server/envelope.hpp"
#include "mailpipe/imap/server/message_data.hpp"
#include "mailpipe/imap/server/write_response.hpp"
#include "mailpipe/mime/lexer.hpp"

namespace mailpipe::imap::server {
namespace {

constexpr std::string_view kNoEnvelope = "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)";
constexpr std::string_view kEmptyText = "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0)";
constexpr std::string_view kEmptyTextExtended =
    "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0 NIL NIL NIL NIL)";

// find() looks at many octets at once, std::count() at one; it was a tenth of the time that messages take to be described.
std::uint64_t count_lines(std::string_view text) {
    std::uint64_t count = 0;
    for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1))
        ++count;
    return count;
}

class Writer {
 public:
    Writer(const mime::PartTree& tree, bool extended) : tree_(tree), extended_(extended) {}

    std::string run() {
        write(tree_.parts[0]);
        return std::move(out_);
    }

 private:
    // body = "(" (body-type-1part / body-type-mpart) ")". Depth is limited by kMimeDepth.
    void write(const mime::Part& part) {
        out_ += '(';
        if (part.is_multipart()) {
            write_multipart(part);
        } else {
            write_single(part);
        }
        out_ += ')';
    }

    // body-type-mpart = 1*body SP media-subtype [SP body-ext-mpart]
    void write_multipart(const mime::Part& part) {
        for (const std::size_t child : part.children)
            write(tree_.parts[child]);
        out_ += ' ';
        write_any_string(out_, part.type.subtype);
        if (!extended_) return;
        out_ += ' ';
        write_parameters(part.header.find("Content-Type"), false);
        write_disposition_language_location(part);
    }

    // body-type-1part = (body-type-basic / body-type-msg / body-type-text) [SP body-ext-1part]
    void write_single(const mime::Part& part) {
        write_any_string(out_, part.type.type);
        out_ += ' ';
        write_any_string(out_, part.type.subtype);
        out_ += ' ';
        write_parameters(part.header.find("Content-Type"), part.is_text());
        out_ += ' ';
        write_field(out_, part.header.find("Content-ID"));
        out_ += ' ';
        write_field(out_, part.header.find("Content-Description"));
        out_ += ' ';
        write_encoding(part);
        out_ += ' ';
        const std::string_view body = tree_.body(part);
        write_count(body.size());
        const bool message =
            part.type.type == "message" && (part.type.subtype == "rfc822" || part.type.subtype == "global");
        if (message) write_message(part);
        if (message || part.is_text()) {
            out_ += ' ';
            write_count(count_lines(body));
        }
        if (!extended_) return;
        out_ += ' ';
        write_field(out_, part.header.find("Content-MD5"));
        write_disposition_language_location(part);
    }

    // The type alone tells a client that an envelope and a body follow, also where a limit, or an encoding that may not be
    // there, kept the parser from looking inside.
    void write_message(const mime::Part& part) {
        out_ += ' ';
        if (!part.is_message()) {
            out_ += kNoEnvelope;
            out_ += ' ';
            out_ += extended_ ? kEmptyTextExtended : kEmptyText;
            return;
        }
        const mime::Part& inner = tree_.parts[part.children.front()];
        write_envelope(out_, inner.header);
        out_ += ' ';
        write(inner);
    }

    void write_count(std::uint64_t count) { out_ += std::to_string(count); }

    // body-fld-param = "(" string SP string *(SP string SP string) ")" / nil. Text has a charset (RFC 2045 section 5.2).
    void write_parameters(const mime::Field* field, bool is_text) {
        bool charset = false;
        bool first = true;
        const auto write_one = [&](std::string_view name, std::string_view value) {
            out_ += first ? '(' : ' ';
            first = false;
            write_any_string(out_, name);
            out_ += ' ';
            write_any_string(out_, value);
        };
        if (field != nullptr) {
            for (const mime::RawParameter& parameter : mime::parse_raw_parameters(field->value)) {
                charset = charset || ascii::starts_with_ignore_case(parameter.name, "charset");
                write_one(parameter.name, parameter.value);
            }
        }
        if (is_text && !charset) write_one("charset", "us-ascii");
        out_ += first ? "NIL" : ")";
    }

    // body-fld-enc: as it is written, without comments.
    void write_encoding(const mime::Part& part) {
        const mime::Field* field = part.header.find("Content-Transfer-Encoding");
        std::string_view token;
        if (field != nullptr) {
            std::size_t at = 0;
            mime::skip_cfws(field->value, at);
            token = field->value.substr(at);
            token = token.substr(0, token.find_first_of(" \t\r\n;("));
        }
        write_any_string(out_, token.empty() ? "7bit" : token);
    }

    // body-ext-... = ... SP body-fld-dsp SP body-fld-lang SP body-fld-loc
    void write_disposition_language_location(const mime::Part& part) {
        out_ += ' ';
        if (part.disposition.type.empty()) {
            out_ += "NIL";
        } else {
            out_ += '(';
            write_any_string(out_, part.disposition.type);
            out_ += ' ';
            write_parameters(part.header.find("Content-Disposition"), false);
            out_ += ')';
        }
        out_ += ' ';
        write_languages(part.header.find("Content-Language"));
        out_ += ' ';
        write_field(out_, part.header.find("Content-Location"));
    }

    // body-fld-lang = nstring / "(" string *(SP string) ")", from tags with commas between them (RFC 3282 section 2).
    void write_languages(const mime::Field* field) {
        bool first = true;
        for (std::size_t at = 0; field != nullptr && at < field->value.size();) {
            mime::skip_cfws(field->value, at);
            const std::size_t start = at;
            while (at < field->value.size() && !ascii::is_space(field->value[at]) && field->value[at] != ',' &&
                   field->value[at] != '(')
                ++at;
            if (at > start) {
                out_ += first ? '(' : ' ';
                first = false;
                write_any_string(out_, field->value.substr(start, at - start));
            }
            if (at < field->value.size() && field->value[at] == ',') ++at;
        }
        out_ += first ? "NIL" : ")";
    }

    const mime::PartTree& tree_;
    bool extended_;
    std::string out_;
};

}  // namespace

std::string encode_body_structure(const mime::PartTree& tree, bool extended) {
    return Writer(tree, extended).run();
}

}  // namespace mailpipe::imap::server

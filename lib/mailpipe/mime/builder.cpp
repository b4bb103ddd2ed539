#include "mailpipe/mime/builder.hpp"

#include <fmt/format.h>

#include "mailpipe/base/limits.hpp"
#include "mailpipe/mime/field_encode.hpp"
#include "mailpipe/mime/transfer_encode.hpp"

namespace mailpipe::mime {
namespace {

class Builder {
 public:
    explicit Builder(std::string_view seed) : seed_(seed) {}

    // Recursion ends at kMimeDepth.
    Result<std::string> write(const Entity& entity, std::size_t depth) {
        if (depth >= limits::kMimeDepth || ++parts_ > limits::kMimeParts) {
            return fail(Errc::data, depth >= limits::kMimeDepth
                                        ? "parts are nested deeper than kMimeDepth (100)"
                                        : "more parts than kMimeParts (10000)");
        }
        if (entity.is_multipart()) return write_multipart(entity, depth);
        return write_leaf(entity, depth);
    }

 private:
    static Result<std::string> write_header(const Entity& entity, const ContentType& type,
                                            BodyEncoding encoding, bool is_root) {
        std::string header = entity.fields;
        if (is_root) header += "MIME-Version: 1.0\r\n";
        auto content_type = encode_parameter_field("Content-Type", type.full(), type.parameters.parameters);
        if (!content_type) return content_type;
        header += *content_type;
        if (!entity.disposition.type.empty()) {
            auto disposition = encode_parameter_field("Content-Disposition", entity.disposition.type,
                                                      entity.disposition.parameters.parameters);
            if (!disposition) return disposition;
            header += *disposition;
        }
        if (encoding != BodyEncoding::seven_bit)
            header += fmt::format("Content-Transfer-Encoding: {}\r\n", encode_body_encoding(encoding));
        return header + "\r\n";
    }

    static Result<std::string> write_leaf(const Entity& entity, std::size_t depth) {
        const bool is_message = entity.type.type == "message" &&
                                (entity.type.subtype == "rfc822" || entity.type.subtype == "global");
        const BodyEncoding encoding = is_message
                                          ? identity_encoding(entity.body)
                                          : choose_body_encoding(entity.body, entity.type.type == "text");
        auto text = write_header(entity, entity.type, encoding, depth == 0);
        if (!text) return text;
        if (encoding == BodyEncoding::base64) {
            *text += encode_base64_body(entity.body);
        } else if (encoding == BodyEncoding::quoted_printable) {
            *text += encode_quoted_printable_body(entity.body);
        } else {
            *text += entity.body;
        }
        return text;
    }

    Result<std::string> write_multipart(const Entity& entity, std::size_t depth) {
        if (entity.children.empty()) return fail(Errc::data, "a multipart without parts");
        std::vector<std::string> children;
        BodyEncoding encoding = BodyEncoding::seven_bit;
        for (const Entity& child : entity.children) {
            auto text = write(child, depth + 1);
            if (!text) return text;
            const BodyEncoding of_child = identity_encoding(*text);
            if (of_child == BodyEncoding::binary || encoding == BodyEncoding::seven_bit) encoding = of_child;
            children.push_back(std::move(*text));
        }
        ContentType type = entity.type;
        std::erase_if(type.parameters.parameters, [](const Parameter& p) { return p.name == "boundary"; });
        const std::string boundary = unused_boundary(children);
        type.parameters.parameters.push_back({"boundary", boundary, boundary});
        auto text = write_header(entity, type, encoding, depth == 0);
        if (!text) return text;
        for (std::size_t i = 0; i < children.size(); ++i) {
            *text += i == 0 ? "--" : "\r\n--";
            *text += boundary;
            *text += "\r\n";
            *text += children[i];
            children[i] = {};
        }
        *text += "\r\n--" + boundary + "--\r\n";
        return text;
    }

    // "=_" occurs in no quoted-printable or base64 text (RFC 2045 section 6.7 (1)). All have the same length, so
    // that none begins with another.
    std::string unused_boundary(const std::vector<std::string>& children) {
        while (true) {
            std::string boundary = fmt::format("=_{}_{:08x}", seed_, ++boundaries_);
            bool used = false;
            for (const std::string& child : children)
                used = used || child.find(boundary) != std::string::npos;
            if (!used) return boundary;
        }
    }

    std::string_view seed_;
    std::size_t parts_ = 0;
    std::uint32_t boundaries_ = 0;
};

}  // namespace

Result<std::string> build_message(const Entity& root, std::string_view seed) {
    return Builder(seed).write(root, 0);
}

}  // namespace mailpipe::mime

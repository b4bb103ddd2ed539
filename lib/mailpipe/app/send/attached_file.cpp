#include "mailpipe/app/send/attached_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include "mailpipe/app/text_check.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/encoding.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/mime/field_encode.hpp"
#include "mailpipe/net/socket.hpp"

namespace mailpipe::app {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 32> kTypes{{
    {"txt", "text/plain"},
    {"text", "text/plain"},
    {"log", "text/plain"},
    {"diff", "text/x-diff"},
    {"patch", "text/x-diff"},
    {"csv", "text/csv"},
    {"html", "text/html"},
    {"htm", "text/html"},
    {"ics", "text/calendar"},
    {"vcf", "text/vcard"},
    {"md", "text/markdown"},
    {"xml", "application/xml"},
    {"json", "application/json"},
    {"pdf", "application/pdf"},
    {"zip", "application/zip"},
    {"gz", "application/gzip"},
    {"tgz", "application/gzip"},
    {"png", "image/png"},
    {"jpg", "image/jpeg"},
    {"jpeg", "image/jpeg"},
    {"gif", "image/gif"},
    {"svg", "image/svg+xml"},
    {"webp", "image/webp"},
    {"mp3", "audio/mpeg"},
    {"mp4", "video/mp4"},
    {"eml", "message/rfc822"},
    {"odt", "application/vnd.oasis.opendocument.text"},
    {"ods", "application/vnd.oasis.opendocument.spreadsheet"},
    {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {"p7s", "application/pkcs7-signature"},
    {"asc", "application/pgp-signature"},
}};

std::string_view type_of(std::string_view name) {
    const std::size_t dot = name.rfind('.');
    const std::string extension = dot == std::string_view::npos ? "" : ascii::to_lower(name.substr(dot + 1));
    for (const auto& [known, type] : kTypes) {
        if (extension == known) return type;
    }
    return "application/octet-stream";
}

}  // namespace

Result<std::string> read_whole_file(const std::string& path) {
    const net::Descriptor owner(path == "-" ? -1 : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    const int fd = path == "-" ? STDIN_FILENO : owner.get();
    if (fd < 0) return fail_errno(errno, path);
    std::string text;
    std::array<char, 65536> buffer{};
    while (true) {
        const ssize_t count = ::read(fd, buffer.data(), buffer.size());
        if (count == 0) return text;
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail_errno(errno, path);
        text.append(buffer.data(), static_cast<std::size_t>(count));
        if (text.size() > limits::kShownMessage) return fail(Errc::limit, path + ": larger than kShownMessage");
    }
}

Result<mime::Entity> make_attached_file(const std::string& path, const std::string& disposition) {
    auto octets = read_whole_file(path);
    if (!octets) return tl::unexpected(octets.error());
    std::string name = path.substr(path.rfind('/') + 1);
    if (!is_utf8(name)) name = "attachment";
    mime::Entity entity;
    std::string type(type_of(name));
    const bool is_text = type.starts_with("text/");
    if (is_text && (!is_utf8(*octets) || octets->find('\0') != std::string::npos))
        type = "application/octet-stream";
    entity.type = mime::parse_content_type(type);
    if (entity.type.type == "text") entity.type.parameters.parameters.push_back({"charset", "utf-8", "utf-8"});
    if (entity.type.type == "text" || entity.type.type == "message") {
        LineEndRepair().append(*octets, entity.body);
    } else {
        entity.body = std::move(*octets);
    }
    entity.disposition.type = disposition;
    entity.disposition.parameters.parameters.push_back({"filename", name, name});
    if (disposition == "inline") {
        auto id = mime::encode_raw_field("Content-ID", " <" + encode_percent(name) + ">");
        if (!id) return tl::unexpected(id.error());
        entity.fields += *id;
    }
    return entity;
}

}  // namespace mailpipe::app

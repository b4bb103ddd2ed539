#include "mailpipe/index/message_file.hpp"

#include "mailpipe/store/crlf_size.hpp"
#include "mailpipe/wire/line_ends.hpp"

namespace mailpipe::index {
namespace {

constexpr std::size_t kPiece = 32 * 1024;  // maps to at most 64 KiB

class FileReader : public store::MessageReader {
 public:
    FileReader(store::Fd file, std::string what) : file_(std::move(file)), what_(std::move(what)) {}

    Result<std::string_view> read() override {
        piece_.resize(kPiece);
        auto count = store::read_some_at(file_.get(), piece_.data(), piece_.size(), offset_, what_);
        if (!count) return tl::unexpected(count.error());
        offset_ += *count;
        text_.clear();
        mapper_.append(std::string_view(piece_).substr(0, *count), text_);
        return std::string_view(text_);
    }
    std::optional<std::time_t> received_at() const override {
        const auto info = store::stat_fd(file_.get(), what_);
        return info ? std::optional(info->st_mtime) : std::nullopt;
    }

 private:
    store::Fd file_;
    std::string what_;
    std::uint64_t offset_ = 0;
    std::string piece_;
    std::string text_;
    wire::LfToCrlf mapper_;
};

}  // namespace

std::unique_ptr<store::MessageReader> read_message_file(store::Fd file, const std::string& what) {
    return std::make_unique<FileReader>(std::move(file), what);
}

Result<std::string> read_message_text(const store::Fd& file, const std::string& what) {
    auto info = store::stat_fd(file.get(), what);
    if (!info) return tl::unexpected(info.error());
    auto octets = store::read_range(file.get(), 0, static_cast<std::uint64_t>(info->st_size), what);
    if (!octets) return tl::unexpected(octets.error());
    std::string text;
    text.reserve(octets->size() + octets->size() / 32);
    wire::LfToCrlf().append(*octets, text);
    return text;
}

Result<std::string> read_message_header(const store::Fd& file, const std::string& what) {
    constexpr std::size_t kFirst = 4096;  // most headers end in there
    std::string piece, text;
    wire::LfToCrlf mapper;
    std::uint64_t offset = 0;
    for (std::size_t wanted = kFirst;; wanted = kPiece) {
        piece.resize(wanted);
        auto count = store::read_at(file.get(), piece.data(), wanted, offset, what);
        if (!count) return tl::unexpected(count.error());
        const std::size_t searched = text.size() < 3 ? 0 : text.size() - 3;
        mapper.append(std::string_view(piece).substr(0, *count), text);
        if (text.starts_with("\r\n")) return std::string("\r\n");
        const std::size_t end = text.find("\r\n\r\n", searched);
        if (end != std::string::npos) text.resize(end + 4);
        if (end != std::string::npos || *count < wanted) return text;
        offset += *count;
    }
}

Result<std::uint64_t> read_crlf_size(const store::Fd& file, const std::string& what) {
    store::CrlfSize size;
    std::string piece(kPiece, '\0');
    while (true) {
        auto count = store::read_at(file.get(), piece.data(), piece.size(), size.disk_size(), what);
        if (!count) return tl::unexpected(count.error());
        if (*count == 0) return size.crlf_size();
        size.append(std::string_view(piece).substr(0, *count));
    }
}

}  // namespace mailpipe::index

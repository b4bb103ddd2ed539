#include "mailpipe/app/send/completed_input.hpp"

#include <utility>

#include "mailpipe/app/input_source.hpp"
#include "mailpipe/app/send/message_defaults.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/mime/field_encode.hpp"
#include "mailpipe/mime/header.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kPiece = 65'536;

// field = field-name *WSP ":" ..., or what goes on with the one before.
bool is_header_line(std::string_view line, bool is_first) {
    if (line.starts_with(' ') || line.starts_with('\t')) return !is_first;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return false;
    return mime::is_field_name(ascii::trim(line.substr(0, colon)));
}

class CompletedInput : public MessageInput {
 public:
    CompletedInput(int fd, Completion completion) : source_(fd), completion_(std::move(completion)) {}

    Result<bool> next() override {
        if (begun_) return false;
        begun_ = true;
        if (auto read = read_header(); !read) return tl::unexpected(read.error());
        auto fields = missing_fields(mime::parse_header(text_), completion_.author);
        if (!fields) return tl::unexpected(fields.error());
        text_.insert(0, *fields);
        return true;
    }

    Result<std::string_view> read() override {
        current_ = std::exchange(text_, {});
        while (current_.size() < kPiece && !over_) {
            if (auto read = read_some(current_); !read) return tl::unexpected(read.error());
        }
        return std::string_view(current_);
    }
    const email::Context& context() const override { return context_; }
    bool is_ref() const override { return false; }
    bool is_last() const override { return true; }

 private:
    // Into text_, with the empty line that ends it.
    Result<void> read_header() {
        bool is_first = true;
        while (text_.size() < limits::kHeaderSize) {
            std::string line;
            while (!over_ && !line.ends_with('\n')) {
                if (auto read = read_some(line); !read) return read;
            }
            if (!line.empty() && !line.ends_with('\n')) line += "\r\n";
            if (is_first && line.starts_with("From ")) continue;
            if (line == "\r\n" || line.empty()) {
                text_ += "\r\n";
                return {};
            }
            if (!is_header_line(line, is_first)) {
                text_ += "\r\n" + line;
                return {};
            }
            is_first = false;
            text_ += line;
        }
        return {};
    }

    // A line, or a piece of a long one, as CRLF text.
    Result<void> read_some(std::string& out) {
        auto more = source_.ensure(at_line_start_ ? 3 : 1);
        if (!more) return tl::unexpected(more.error());
        std::string_view view = source_.view();
        if (at_line_start_ && completion_.dot_ends &&
            (view == "." || view.starts_with(".\n") || view.starts_with(".\r\n"))) {
            view = {};
        }
        if (view.empty()) {
            over_ = true;
            return {};
        }
        std::size_t end = view.find('\n');
        if (end == std::string_view::npos && view.ends_with('\r')) {
            // It may belong to a line end.
            if (more = source_.more(); !more) return tl::unexpected(more.error());
            view = source_.view();
            end = view.find('\n');
        }
        at_line_start_ = end != std::string_view::npos;
        std::string_view line = view.substr(0, at_line_start_ ? end : view.size());
        const std::size_t consumed = line.size() + (at_line_start_ ? 1 : 0);
        if (at_line_start_ && line.ends_with('\r')) line.remove_suffix(1);
        out += line;
        if (at_line_start_) out += "\r\n";
        source_.consume(consumed);
        return {};
    }

    InputSource source_;
    Completion completion_;
    email::Context context_;
    std::string text_;     // not yet read
    std::string current_;  // what read() returned
    bool begun_ = false;
    bool over_ = false;
    bool at_line_start_ = true;
};

}  // namespace

std::unique_ptr<MessageInput> make_completed_input(int fd, Completion completion) {
    return std::make_unique<CompletedInput>(fd, std::move(completion));
}

}  // namespace mailpipe::app

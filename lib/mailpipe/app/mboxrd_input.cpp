#include "mailpipe/app/mboxrd_input.hpp"

#include <algorithm>
#include <ctime>
#include <string>

#include "mailpipe/base/limits.hpp"
#include "mailpipe/wire/line_ends.hpp"

namespace mailpipe::app {
namespace {

constexpr std::string_view kFrom = "From ";
constexpr std::size_t kPiece = 32768;  // LF to CRLF at most doubles it

// separator = "From " sender SP asctime-date  (RFC 4155 appendix A; the date is UTC)
std::optional<std::int64_t> separator_date(std::string_view line) {
    constexpr std::size_t kDate = 24;
    if (line.size() < kDate) return std::nullopt;
    const std::string date(line.substr(line.size() - kDate));
    struct tm parts {};
    const char* end = strptime(date.c_str(), "%a %b %d %H:%M:%S %Y", &parts);
    if (end == nullptr || *end != '\0') return std::nullopt;
    return static_cast<std::int64_t>(timegm(&parts));
}

class MboxrdInput : public MessageInput {
 public:
    explicit MboxrdInput(InputSource source) : source_(std::move(source)) {}

    Result<bool> next() override {
        while (in_message_) {
            auto piece = read();
            if (!piece) return tl::unexpected(piece.error());
        }
        auto more = source_.ensure(1);
        if (!more || !*more) return more;
        auto separator = take_separator();
        if (!separator) return tl::unexpected(separator.error());
        context_ = {};
        context_.received_at = *separator;
        in_message_ = true;
        place_ = Place::line_start;
        to_crlf_ = wire::LfToCrlf();
        return true;
    }

    Result<std::string_view> read() override {
        out_.clear();
        while (in_message_ && out_.empty()) {
            auto step = place_ == Place::line_start ? at_line_start()
                        : place_ == Place::quotes   ? in_quotes()
                                                    : inside_line();
            if (!step) return tl::unexpected(step.error());
        }
        return std::string_view(out_);
    }

    const email::Context& context() const override { return context_; }
    bool is_ref() const override { return false; }

 private:
    // `quotes`: behind one ">" of a line's start, which is held until it is known whether "From " follows the
    // others.
    enum class Place { line_start, quotes, inside };

    Result<std::optional<std::int64_t>> take_separator() {
        std::size_t end = 0;
        while ((end = source_.view().find('\n')) == std::string_view::npos) {
            if (source_.view().size() > limits::kMboxSeparator) break;
            auto more = source_.more();
            if (!more) return tl::unexpected(more.error());
            if (!*more) break;
        }
        std::string_view line = source_.view().substr(0, end);
        if (line.size() > limits::kMboxSeparator) {
            return fail(Errc::limit, "a 'From ' line of the mbox exceeds kMboxSeparator (8192 octets)");
        }
        const std::size_t length = line.size() + (end == std::string_view::npos ? 0 : 1);
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        const auto date = separator_date(line);
        source_.consume(length);
        return date;
    }

    Result<void> at_line_start() {
        auto enough = source_.ensure(kFrom.size() + 2);
        if (!enough) return tl::unexpected(enough.error());
        const std::string_view view = source_.view();
        const std::size_t empty_line = view.starts_with("\n") ? 1 : view.starts_with("\r\n") ? 2 : 0;
        if (view.empty()) {
            in_message_ = false;
        } else if (empty_line != 0 &&
                   (view.size() == empty_line || view.substr(empty_line).starts_with(kFrom))) {
            source_.consume(empty_line);
            in_message_ = false;
        } else if (empty_line != 0) {
            emit(empty_line);
        } else if (view.front() == '>') {
            source_.consume(1);
            place_ = Place::quotes;
        } else {
            place_ = Place::inside;
        }
        return {};
    }

    Result<void> in_quotes() {
        auto enough = source_.ensure(kFrom.size());
        if (!enough) return tl::unexpected(enough.error());
        const std::size_t quotes = std::min(source_.view().find_first_not_of('>'), source_.view().size());
        if (quotes != 0) {
            emit(std::min(quotes, kPiece));
            return {};
        }
        if (!source_.view().starts_with(kFrom)) to_crlf_.append(">", out_);
        place_ = Place::inside;
        return {};
    }

    Result<void> inside_line() {
        auto enough = source_.ensure(1);
        if (!enough) return tl::unexpected(enough.error());
        if (!*enough) {
            in_message_ = false;
            return {};
        }
        // Whole lines as long as the next one needs no look, for the sake of speed.
        std::string_view view = source_.view().substr(0, kPiece);
        std::size_t length = 0;
        while (length < view.size()) {
            const std::size_t end = view.find('\n', length);
            if (end == std::string_view::npos) {
                length = view.size();
                break;
            }
            length = end + 1;
            const bool plain =
                length < view.size() && view[length] != '\n' && view[length] != '\r' && view[length] != '>';
            if (!plain) {
                place_ = Place::line_start;
                break;
            }
        }
        emit(length);
        return {};
    }

    void emit(std::size_t count) {
        to_crlf_.append(source_.view().substr(0, count), out_);
        source_.consume(count);
    }

    InputSource source_;
    email::Context context_;
    bool in_message_ = false;
    Place place_ = Place::line_start;
    wire::LfToCrlf to_crlf_;
    std::string out_;
};

}  // namespace

std::unique_ptr<MessageInput> make_mboxrd_input(InputSource source) {
    return std::make_unique<MboxrdInput>(std::move(source));
}

}  // namespace mailpipe::app

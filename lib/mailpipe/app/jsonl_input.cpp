#include "mailpipe/app/jsonl_input.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "mailpipe/app/json_record.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kPiece = 65536;

class JsonlInput : public MessageInput {
 public:
    explicit JsonlInput(InputSource source) : source_(std::move(source)) {}

    Result<bool> next() override {
        context_ = {};
        is_ref_ = false;
        raw_ = Raw::none;
        while (true) {
            if (auto skipped = skip_line(); !skipped) return tl::unexpected(skipped.error());
            auto more = source_.ensure(1);
            if (!more || !*more) return more;
            ++line_;
            in_line_ = true;
            auto found = begin_record();
            if (!found) return located(std::move(found.error()));
            if (*found) return true;
        }
    }

    Result<std::string_view> read() override {
        out_.clear();
        Result<void> step;
        while (step && out_.empty() && raw_ != Raw::none)
            step = raw_ == Raw::held ? read_held() : read_streaming();
        if (!step) {
            raw_ = Raw::none;
            return located(std::move(step.error()));
        }
        return std::string_view(out_);
    }

    const email::Context& context() const override { return context_; }
    bool is_ref() const override { return is_ref_; }

 private:
    enum class Raw { none, streaming, held };

    Fail located(Error error) const {
        if (error.kind == Errc::data) {
            error.message = "line " + std::to_string(line_) + ": " + error.message;
        }
        return Fail(std::move(error));
    }

    Result<void> skip_line() {
        while (in_line_) {
            auto more = source_.ensure(1);
            if (!more) return tl::unexpected(more.error());
            const std::size_t end = source_.view().find('\n');
            in_line_ = *more && end == std::string_view::npos;
            source_.consume(end == std::string_view::npos ? source_.view().size() : end + 1);
        }
        return {};
    }

    // Appends to `text` up to the value of raw or the end of the line.
    Result<RawFinder::Found> scan(RawFinder& finder, std::string& text) {
        while (true) {
            std::size_t consumed = 0;
            const auto found = finder.feed(source_.view(), consumed);
            text += source_.view().substr(0, consumed);
            source_.consume(consumed);
            if (text.size() > limits::kJsonRecord) {
                return fail(Errc::data, "the record without its raw exceeds kJsonRecord (16777216 octets)");
            }
            if (found != RawFinder::Found::nothing) return found;
            auto more = source_.more();
            if (!more) return tl::unexpected(more.error());
            if (!*more) return RawFinder::Found::line_end;
        }
    }

    // The line, if it is all there and a glance shows that nothing is to be streamed from it: as of most refs.
    std::optional<std::string_view> take_short_line() {
        const std::string_view line = source_.view().substr(0, source_.view().find('\n'));
        if (line.size() == source_.view().size() || line.size() > limits::kJsonRecord) return std::nullopt;
        if (line.find("\"raw\"") != std::string_view::npos) return std::nullopt;
        source_.consume(line.size());
        return line;
    }

    // false for an empty line.
    Result<bool> begin_record() {
        if (const auto line = take_short_line()) {
            if (ascii::trim(*line).empty()) return false;
            return take_record(*line);
        }
        RawFinder finder;
        std::string text;
        auto found = scan(finder, text);
        if (!found) return tl::unexpected(found.error());
        if (*found == RawFinder::Found::line_end) {
            if (ascii::trim(text).empty()) return false;
            return take_record(text);
        }
        auto last = raw_is_last();
        if (!last) return tl::unexpected(last.error());
        text.resize(finder.key_offset());
        if (*last) {
            while (!text.empty() && (ascii::is_space(text.back()) || text.back() == ','))
                text.pop_back();
            text += '}';
            raw_ = Raw::streaming;
            decoder_ = JsonBase64Decoder();
            return take_record(text);
        }
        // The key raw stands in the middle: it becomes an empty one, and the other keys are read with it.
        std::string held(source_.view().substr(0, quote_));
        source_.consume(quote_);
        text += "\"raw\":\"";
        if (auto rest = scan(finder, text); !rest) return tl::unexpected(rest.error());
        auto taken = take_record(text);
        if (!taken || is_ref_) return taken;
        held_ = std::move(held);
        return true;
    }

    // Looks ahead for the quotation mark that ends raw, and what follows it. A raw that is longer than what may
    // be held counts as the last key; read() reports it when that is not so.
    Result<bool> raw_is_last() {
        std::size_t scanned = 0;
        while (true) {
            const std::string_view view = source_.view();
            quote_ = view.find('"', scanned);
            scanned = quote_ == std::string_view::npos ? view.size() : quote_;
            if (quote_ != std::string_view::npos) {
                const std::size_t behind = view.find_first_not_of(" \t\r", quote_ + 1);
                if (behind != std::string_view::npos) return view[behind] != ',';
            }
            if (view.size() > limits::kJsonRawHeld) return true;
            auto more = source_.more();
            if (!more) return tl::unexpected(more.error());
            if (!*more) return true;
        }
    }

    Result<bool> take_record(std::string_view text) {
        auto record = parse_json_record(text);
        if (!record) {
            raw_ = Raw::none;
            return tl::unexpected(record.error());
        }
        context_ = std::move(record->context);
        if (raw_ == Raw::streaming) return true;
        if (record->raw) {
            raw_ = Raw::held;
            held_ = std::move(*record->raw);
            decoder_ = JsonBase64Decoder();
            return true;
        }
        if (context_.ref.empty()) return fail(Errc::data, "the record has neither raw nor ref");
        is_ref_ = true;
        return true;
    }

    Result<void> read_held() {
        const std::string_view piece = std::string_view(held_).substr(0, kPiece);
        if (piece.empty()) {
            raw_ = Raw::none;
            return decoder_.finish();
        }
        auto decoded = decoder_.append(piece, out_);
        held_.erase(0, piece.size());
        return decoded;
    }

    Result<void> read_streaming() {
        auto more = source_.ensure(1);
        if (!more) return tl::unexpected(more.error());
        if (!*more) return fail(Errc::data, "the input ends inside of raw");
        const std::string_view piece = source_.view().substr(0, kPiece);
        const std::size_t length = std::min(piece.find_first_of("\"\n"), piece.size());
        if (length != 0) {
            auto decoded = decoder_.append(piece.substr(0, length), out_);
            source_.consume(length);
            return decoded;
        }
        if (piece.front() == '\n') return fail(Errc::data, "the line ends inside of raw");
        source_.consume(1);
        raw_ = Raw::none;
        if (auto finished = decoder_.finish(); !finished) return finished;
        return end_of_record();
    }

    // ws "}" ws, then the end of the line or of the input.
    Result<void> end_of_record() {
        bool closed = false;
        while (true) {
            auto more = source_.ensure(1);
            if (!more) return tl::unexpected(more.error());
            const char c = *more ? source_.view().front() : '\n';
            if (c == '\n' && closed) return {};
            if (c == ',' && !closed) {
                return fail(Errc::data,
                            "raw is not the last key, and longer than kJsonRawHeld (4194304 octets); "
                            "write raw last");
            }
            if (c == '}' && !closed) {
                closed = true;
            } else if (c != ' ' && c != '\t' && c != '\r') {
                return fail(Errc::data,
                            closed ? "something follows the JSON object" : "the JSON object has no end");
            }
            source_.consume(1);
        }
    }

    InputSource source_;
    std::uint64_t line_ = 0;
    bool in_line_ = false;
    email::Context context_;
    bool is_ref_ = false;
    Raw raw_ = Raw::none;
    std::size_t quote_ = 0;
    std::string held_;
    JsonBase64Decoder decoder_;
    std::string out_;
};

}  // namespace

std::unique_ptr<MessageInput> make_jsonl_input(InputSource source) {
    return std::make_unique<JsonlInput>(std::move(source));
}

}  // namespace mailpipe::app

#include "mailpipe/app/message_input.hpp"

#include <string>

#include "mailpipe/app/input_source.hpp"
#include "mailpipe/app/jsonl_input.hpp"
#include "mailpipe/app/mboxrd_input.hpp"
#include "mailpipe/app/stop.hpp"
#include "mailpipe/wire/line_ends.hpp"

namespace mailpipe::app {
namespace {

class Rfc822Input : public MessageInput {
 public:
    explicit Rfc822Input(InputSource source) : source_(std::move(source)) {}

    Result<bool> next() override {
        if (!begun_) {
            begun_ = true;
            return true;
        }
        while (true) {
            auto piece = read();
            if (!piece) return tl::unexpected(piece.error());
            if (piece->empty()) return false;
        }
    }
    Result<std::string_view> read() override {
        out_.clear();
        auto more = source_.ensure(1);
        if (!more) return tl::unexpected(more.error());
        // LF to CRLF at most doubles it.
        const std::string_view piece = source_.view().substr(0, 32768);
        to_crlf_.append(piece, out_);
        source_.consume(piece.size());
        return std::string_view(out_);
    }
    const email::Context& context() const override { return context_; }
    bool is_ref() const override { return false; }
    bool is_last() const override { return true; }

 private:
    InputSource source_;
    bool begun_ = false;
    email::Context context_;
    wire::LfToCrlf to_crlf_;
    std::string out_;
};

// Becomes the input of the format that the first octets show.
class DetectingInput : public MessageInput {
 public:
    explicit DetectingInput(int fd) : source_(fd) {}

    Result<bool> next() override {
        if (stop_requested()) return tl::unexpected(stopped_by_signal());
        if (!input_) {
            constexpr std::string_view kFrom = "From ";
            auto more = source_.ensure(kFrom.size());
            if (!more) return tl::unexpected(more.error());
            if (source_.view().empty()) return false;
            if (source_.view().starts_with(kFrom)) {
                input_ = make_mboxrd_input(std::move(source_));
            } else if (source_.view().front() == '{') {
                input_ = make_jsonl_input(std::move(source_));
            } else {
                input_ = std::make_unique<Rfc822Input>(std::move(source_));
            }
        }
        return input_->next();
    }
    Result<std::string_view> read() override { return input_ ? input_->read() : std::string_view(); }
    const email::Context& context() const override { return input_ ? input_->context() : none_; }
    bool is_ref() const override { return input_ && input_->is_ref(); }
    bool is_last() const override { return input_ && input_->is_last(); }

 private:
    InputSource source_;
    email::Context none_;
    std::unique_ptr<MessageInput> input_;
};

}  // namespace

std::unique_ptr<MessageInput> MessageInput::make(int fd) {
    return std::make_unique<DetectingInput>(fd);
}

}  // namespace mailpipe::app

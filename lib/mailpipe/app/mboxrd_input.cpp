#include "mailpipe/app/mboxrd_input.hpp"

#include <string>

#include "mailpipe/store/mbox_format.hpp"
#include "mailpipe/wire/line_ends.hpp"

namespace mailpipe::app {
namespace {

class MboxrdInput : public MessageInput {
 public:
    explicit MboxrdInput(InputSource source) : source_(std::move(source)) {}

    Result<bool> next() override {
        while (in_message_) {
            auto piece = read();
            if (!piece) return tl::unexpected(piece.error());
        }
        auto status = step();
        if (!status) return tl::unexpected(status.error());
        if (*status != Decoder::Status::begin) return false;
        context_ = {};
        if (const std::time_t date = store::parse_from_date(decoder_.message().from_line); date != 0) {
            context_.received_at = date;
        }
        in_message_ = true;
        to_crlf_ = wire::LfToCrlf();
        return true;
    }

    Result<std::string_view> read() override {
        out_.clear();
        while (in_message_ && text_.empty()) {
            auto status = step();
            if (!status) return tl::unexpected(status.error());
            if (*status == Decoder::Status::text) {
                text_ = decoder_.text();
            } else {
                in_message_ = false;
            }
        }
        // LF to CRLF at most doubles it.
        const std::string_view piece = text_.substr(0, 32768);
        to_crlf_.append(piece, out_);
        text_.remove_prefix(piece.size());
        return std::string_view(out_);
    }

    const email::Context& context() const override { return context_; }
    bool is_ref() const override { return false; }

 private:
    using Decoder = store::MboxDecoder;

    // begin, text or end; need_input at the end of the input.
    Result<Decoder::Status> step() {
        while (true) {
            const auto status = decoder_.next();
            if (status != Decoder::Status::need_input || at_end_) return status;
            auto more = source_.ensure(1);
            if (!more) return tl::unexpected(more.error());
            at_end_ = !*more;
            if (at_end_) {
                decoder_.feed_eof();
                continue;
            }
            decoder_.feed(source_.view());
            source_.consume(source_.view().size());
        }
    }

    InputSource source_;
    Decoder decoder_{0};
    bool at_end_ = false;
    bool in_message_ = false;
    email::Context context_;
    wire::LfToCrlf to_crlf_;
    std::string_view text_;
    std::string out_;
};

}  // namespace

std::unique_ptr<MessageInput> make_mboxrd_input(InputSource source) {
    return std::make_unique<MboxrdInput>(std::move(source));
}

}  // namespace mailpipe::app

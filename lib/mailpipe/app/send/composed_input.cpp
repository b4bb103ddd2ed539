#include "mailpipe/app/send/composed_input.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "mailpipe/app/json_lines.hpp"
#include "mailpipe/app/send/composer.hpp"
#include "mailpipe/app/stop.hpp"
#include "mailpipe/email/message_from_json.hpp"
#include "mailpipe/net/socket.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kPiece = 65'536;
using Clock = std::chrono::steady_clock;

class ComposedInput : public MessageInput {
 public:
    ComposedInput(Composer composer, std::string file, net::Descriptor owner, int fd)
        : composer_(std::move(composer)), file_(std::move(file)), owner_(std::move(owner)) {
        if (fd >= 0) lines_.emplace(fd);
    }

    Result<bool> next() override {
        message_.clear();
        at_ = 0;
        if (!lines_) return std::exchange(done_, true) ? Result<bool>(false) : compose(nullptr);
        auto line = lines_->next();
        if (!line) return located(line.error());
        if (!*line) return false;
        const auto record = email::parse_email_object(**line);
        if (!record) return located(record.error());
        return compose(&*record);
    }
    Result<std::string_view> read() override {
        const std::string_view piece = std::string_view(message_).substr(at_, kPiece);
        at_ += piece.size();
        return piece;
    }
    const email::Context& context() const override { return context_; }
    bool is_ref() const override { return false; }

 private:
    Result<bool> compose(const email::Json* record) {
        auto message = composer_.compose(record);
        if (!message) return located(message.error());
        message_ = std::move(*message);
        return true;
    }

    Fail located(Error error) const {
        if (lines_ && error.kind == Errc::data)
            error.message = file_ + ":" + std::to_string(lines_->number()) + ": " + error.message;
        return Fail(std::move(error));
    }

    Composer composer_;
    std::string file_;
    net::Descriptor owner_;
    std::optional<JsonLines> lines_;
    email::Context context_;
    std::string message_;
    std::size_t at_ = 0;
    bool done_ = false;
};

class RatedInput : public MessageInput {
 public:
    RatedInput(std::unique_ptr<MessageInput> input, double rate)
        : input_(std::move(input)),
          interval_(std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / rate))) {}

    Result<bool> next() override {
        while (Clock::now() < due_) {
            if (stop_requested()) return fail(Errc::temporary, "interrupted");
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(due_ - Clock::now());
            ::poll(nullptr, 0, static_cast<int>(std::clamp<long>(left.count(), 1, 200)));
        }
        due_ = Clock::now() + interval_;
        return input_->next();
    }
    Result<std::string_view> read() override { return input_->read(); }
    std::optional<std::time_t> received_at() const override { return input_->received_at(); }
    const email::Context& context() const override { return input_->context(); }
    bool is_ref() const override { return input_->is_ref(); }

 private:
    std::unique_ptr<MessageInput> input_;
    Clock::duration interval_;
    Clock::time_point due_{};
};

}  // namespace

Result<std::unique_ptr<MessageInput>> make_composed_input(const ComposeOptions& options,
                                                          const std::string& author) {
    auto composer = Composer::open(options, author);
    if (!composer) return tl::unexpected(composer.error());
    const std::string& file = options.merge_file;
    net::Descriptor owner(file.empty() || file == "-" ? -1 : ::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.empty() && file != "-" && owner.get() < 0) return fail_errno(errno, file);
    const int fd = file == "-" ? STDIN_FILENO : owner.get();
    return std::make_unique<ComposedInput>(std::move(*composer), file == "-" ? "stdin" : file, std::move(owner),
                                           fd);
}

std::unique_ptr<MessageInput> make_rated_input(std::unique_ptr<MessageInput> input, double rate) {
    return std::make_unique<RatedInput>(std::move(input), rate);
}

}  // namespace mailpipe::app

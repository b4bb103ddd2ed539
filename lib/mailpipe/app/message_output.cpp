#include "mailpipe/app/message_output.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <string>

#include "mailpipe/base/encoding.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/store/mbox_format.hpp"
#include "mailpipe/wire/line_ends.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kBuffer = 65536;

class BufferedFd {
 public:
    explicit BufferedFd(int fd) : fd_(fd) {}
    std::string& buffer() { return buffer_; }
    Result<void> flush_when_full() { return buffer_.size() >= kBuffer ? flush() : Result<void>{}; }
    Result<void> flush() {
        auto written = write_all(fd_, buffer_, fd_ == STDOUT_FILENO ? "stdout" : "output");
        buffer_.clear();
        return written;
    }

 private:
    int fd_;
    std::string buffer_;
};

class Rfc822Output : public MessageOutput {
 public:
    explicit Rfc822Output(int fd) : out_(fd) {}

    Result<void> begin(const email::Context&) override {
        if (begun_) {
            return fail(Errc::data, "a second message does not fit --format rfc822; use mboxrd or jsonl");
        }
        begun_ = true;
        return {};
    }
    Result<void> append(std::string_view crlf_text) override {
        to_lf_.append(crlf_text, out_.buffer());
        return out_.flush_when_full();
    }
    Result<void> finish() override {
        to_lf_.finish(out_.buffer());
        return out_.flush();
    }

 private:
    BufferedFd out_;
    wire::CrlfToLf to_lf_;
    bool begun_ = false;
};

// A pipe cannot be written to again, so that a message without a line end at its end gets one here (unlike in a
// store).
class MboxrdOutput : public MessageOutput {
 public:
    explicit MboxrdOutput(int fd) : out_(fd) {}

    Result<void> begin(const email::Context& context) override {
        const std::time_t when = context.received_at ? static_cast<std::time_t>(*context.received_at) : 0;
        out_.buffer() += store::encode_from_line(when, false);
        at_line_start_ = true;
        return {};
    }
    Result<void> append(std::string_view crlf_text) override {
        lf_text_.clear();
        to_lf_.append(crlf_text, lf_text_);
        quote();
        return out_.flush_when_full();
    }
    Result<void> finish() override {
        lf_text_.clear();
        to_lf_.finish(lf_text_);
        quote();
        quoter_.finish(out_.buffer());
        out_.buffer() += at_line_start_ ? "\n" : "\n\n";
        return out_.flush();
    }

 private:
    void quote() {
        if (lf_text_.empty()) return;
        quoter_.append(lf_text_, out_.buffer());
        at_line_start_ = lf_text_.back() == '\n';
    }

    BufferedFd out_;
    wire::CrlfToLf to_lf_;
    store::FromQuoter quoter_;
    std::string lf_text_;
    bool at_line_start_ = true;
};

class JsonlOutput : public MessageOutput {
 public:
    explicit JsonlOutput(int fd) : out_(fd) {}

    Result<void> begin(const email::Context& context) override {
        context_ = context;
        header_.clear();
        scanned_ = 0;
        in_body_ = false;
        base64_ = Base64Encoder();
        return {};
    }
    Result<void> append(std::string_view crlf_text) override {
        if (in_body_) {
            base64_.append(crlf_text, out_.buffer());
            return out_.flush_when_full();
        }
        header_ += crlf_text;
        if (!header_ends() && header_.size() < limits::kHeaderSize) return {};
        write_envelope();
        return out_.flush_when_full();
    }
    Result<void> finish() override {
        if (!in_body_) write_envelope();
        base64_.finish(out_.buffer());
        out_.buffer() += "\"}\n";
        return out_.flush();
    }

 private:
    bool header_ends() {
        const std::string_view unseen = std::string_view(header_).substr(scanned_);
        if (header_.starts_with("\r\n") || header_.starts_with('\n')) return true;
        if (unseen.find("\n\r\n") != std::string_view::npos || unseen.find("\n\n") != std::string_view::npos) {
            return true;
        }
        scanned_ = header_.size() < 2 ? 0 : header_.size() - 2;
        return false;
    }
    void write_envelope() {
        std::string object = email::envelope_line(header_, context_);
        if (!object.empty()) object.pop_back();
        out_.buffer() += object + (object.size() > 1 ? "," : "") + "\"raw\":\"";
        base64_.append(header_, out_.buffer());
        header_.clear();
        header_.shrink_to_fit();
        in_body_ = true;
    }

    BufferedFd out_;
    email::Context context_;
    std::string header_;
    std::size_t scanned_ = 0;
    bool in_body_ = false;
    Base64Encoder base64_;
};

}  // namespace

std::unique_ptr<MessageOutput> MessageOutput::make(MessageFormat format, int fd) {
    switch (format) {
        case MessageFormat::rfc822:
            return std::make_unique<Rfc822Output>(fd);
        case MessageFormat::jsonl:
            return std::make_unique<JsonlOutput>(fd);
        case MessageFormat::mboxrd:
            break;
    }
    return std::make_unique<MboxrdOutput>(fd);
}

Result<void> write_all(int fd, std::string_view octets, std::string_view what) {
    while (!octets.empty()) {
        const ssize_t count = ::write(fd, octets.data(), octets.size());
        if (count >= 0) {
            octets.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            struct pollfd writable {
                fd, POLLOUT, 0
            };
            ::poll(&writable, 1, -1);
        } else if (errno == EPIPE) {
            return fail(Errc::io, std::string(what) + ": " + std::string(kPipeClosed));
        } else if (errno != EINTR) {
            return fail_errno(errno, "cannot write to " + std::string(what));
        }
    }
    return {};
}

}  // namespace mailpipe::app

#include "mailpipe/app/message_output.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <string>

#include "mailpipe/base/encoding.hpp"
#include "mailpipe/base/limits.hpp"
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

// mboxrd (RFC 4155 leaves the quoting open; this is the one that can be undone): a line of any number of ">"
// and "From " gets one ">" more, and an empty line follows each message.
class MboxrdOutput : public MessageOutput {
 public:
    explicit MboxrdOutput(int fd) : out_(fd) {}

    Result<void> begin(const email::Context& context) override {
        const std::time_t when = context.received_at ? static_cast<std::time_t>(*context.received_at) : 0;
        struct tm parts {};
        char date[64] = "Thu Jan  1 00:00:00 1970";
        // asctime's form (RFC 4155 appendix A), in UTC.
        if (gmtime_r(&when, &parts) != nullptr)
            std::strftime(date, sizeof date, "%a %b %e %H:%M:%S %Y", &parts);
        out_.buffer() += "From MAILER-DAEMON " + std::string(date) + "\n";
        state_ = State::quotes;
        matched_ = 0;
        return {};
    }
    Result<void> append(std::string_view crlf_text) override {
        lf_text_.clear();
        to_lf_.append(crlf_text, lf_text_);
        quote(lf_text_);
        return out_.flush_when_full();
    }
    Result<void> finish() override {
        lf_text_.clear();
        to_lf_.finish(lf_text_);
        quote(lf_text_);
        drop_match();
        if (state_ == State::inside) out_.buffer() += '\n';
        out_.buffer() += '\n';
        return out_.flush();
    }

 private:
    // The ">"s of a line's start are written as they come: the one more of a quoted line looks the same.
    enum class State { quotes, inside };
    static constexpr std::string_view kFrom = "From ";

    void quote(std::string_view text) {
        std::string& out = out_.buffer();
        while (!text.empty()) {
            if (state_ == State::inside) {
                const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
                out += text.substr(0, end);
                if (out.back() == '\n') state_ = State::quotes;
                text.remove_prefix(end);
            } else if (text.front() == kFrom[matched_]) {
                text.remove_prefix(1);
                if (++matched_ == kFrom.size()) {
                    out += '>';
                    drop_match();
                }
            } else if (matched_ == 0 && text.front() == '>') {
                out += '>';
                in_quotes_ = true;
                text.remove_prefix(1);
            } else {
                drop_match();
                state_ = State::inside;
                in_quotes_ = false;
            }
        }
    }
    void drop_match() {
        if (matched_ != 0 || in_quotes_) state_ = State::inside;
        out_.buffer() += kFrom.substr(0, matched_);
        matched_ = 0;
        in_quotes_ = false;
    }

    BufferedFd out_;
    wire::CrlfToLf to_lf_;
    std::string lf_text_;
    State state_ = State::quotes;
    std::size_t matched_ = 0;
    bool in_quotes_ = false;
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
        std::string object = email::dump(email::envelope(header_, context_));
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

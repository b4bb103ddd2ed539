#include "mailpipe/app/message_source.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "mailpipe/app/message_input.hpp"
#include "mailpipe/app/stop.hpp"

namespace mailpipe::app {
namespace {

class OpenFile {
 public:
    explicit OpenFile(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;
    ~OpenFile() {
        if (fd_ >= 0) ::close(fd_);
    }
    int fd() const { return fd_; }

 private:
    int fd_;
};

}  // namespace

Result<std::unique_ptr<SourceMailbox>> open_mailbox(const Location& location, const SourceOptions& options) {
    switch (location.scheme) {
        case Scheme::maildir:
        case Scheme::mbox:
            return open_store_mailbox(location);
        case Scheme::imap:
        case Scheme::imaps:
            return open_imap_mailbox(location, options);
        case Scheme::pop3:
        case Scheme::pop3s:
            return open_pop3_mailbox(location, options);
        default:
            return fail(Errc::usage,
                        "holds no messages; give a message file, a Maildir, an mbox, or an IMAP or POP3 URL");
    }
}

MessageSource::MessageSource(SourceOptions options, MessageHandler handler) : options_(std::move(options)) {
    handler_ = [this, inner = std::move(handler)](const email::Context& context,
                                                  store::MessageReader& reader) -> Result<void> {
        auto handled = inner(context, reader);
        if (handled && stop_requested()) handled = tl::unexpected(stopped_by_signal());
        if (!handled) stopped_ = handled.error();
        return handled;
    };
}

MessageSource::~MessageSource() = default;

// What the handler failed with ends the run, and so does a signal; anything else is this source's own.
Result<void> MessageSource::report(std::string_view where, const Result<void>& result) {
    if (!stopped_ && !result) {
        options_.diagnostics->error(where, result.error());
        if (stop_requested()) stopped_ = stopped_by_signal();
    }
    if (stopped_) return tl::unexpected(*stopped_);
    return {};
}

Result<void> MessageSource::read(const Location& location, const std::string& text) {
    if (location.scheme == Scheme::stdio) return read_input(STDIN_FILENO, "stdin", false);
    if (location.is_ref()) return read_ref(location, text);
    if (location.scheme == Scheme::message_file) return read_file(location.path, text);
    const auto mailbox = mailbox_of(location);
    if (!mailbox) return report(text, tl::unexpected(mailbox.error()));
    return report(text, (*mailbox)->read_all(handler_));
}

Result<void> MessageSource::read_file(const std::string& path, std::string_view where) {
    const OpenFile file(path);
    if (file.fd() < 0) {
        const Fail failure = fail_errno(errno, "cannot be opened");
        return report(where, failure);
    }
    return read_input(file.fd(), where, false);
}

Result<SourceMailbox*> MessageSource::mailbox_of(const Location& location) {
    if (!mailbox_ || mailbox_location_ != location) {
        mailbox_.reset();
        mailbox_location_ = location;
        auto opened = open_mailbox(location, options_);
        if (!opened) return tl::unexpected(opened.error());
        mailbox_ = std::move(*opened);
    }
    return mailbox_.get();
}

Result<void> MessageSource::read_ref(const std::string& text) {
    const auto ref = parse_location(text);
    if (!ref) return report(text, tl::unexpected(ref.error()));
    return read_ref(*ref, text);
}

Result<void> MessageSource::read_ref(const Location& ref, const std::string& text) {
    // A file that names itself would never end.
    if (ref.scheme == Scheme::message_file && !in_named_file_) {
        in_named_file_ = true;
        auto result = read_file(ref.path, text);
        in_named_file_ = false;
        return result;
    }
    if (!ref.is_ref()) {
        return report(text, fail(Errc::usage, "names no message; a ref has a UID, UIDL, ID or OFFSET"));
    }
    const Location location = container(ref);
    // A server that cannot be reached is said, and waited for, once and not for each ref.
    if (failed_ == location) return {};
    const auto mailbox = mailbox_of(location);
    if (!mailbox) {
        failed_ = location;
        return report(encode(location), tl::unexpected(mailbox.error()));
    }
    const auto result = (*mailbox)->read_one(ref, handler_);
    // Behind any other error a connection may be of no more use.
    if (!result && result.error().kind != Errc::not_found) mailbox_.reset();
    return report(text, result);
}

Result<void> MessageSource::read_input(int fd, std::string_view where, bool only_refs) {
    const auto input = MessageInput::make(fd);
    while (true) {
        const auto more = input->next();
        if (!more) {
            if (auto reported = report(where, tl::unexpected(more.error())); !reported) return reported;
            if (more.error().kind == Errc::data) continue;
            return {};
        }
        if (!*more) return {};
        const bool has_ref = !input->context().ref.empty();
        Result<void> result;
        if (input->is_ref() || (only_refs && has_ref)) {
            const std::string ref = input->context().ref;
            result = read_ref(ref);
        } else if (only_refs) {
            result = report(where, fail(Errc::data, "a record without a ref"));
        } else {
            result = report(where, handler_(input->context(), *input));
        }
        if (!result) return result;
    }
}

}  // namespace mailpipe::app

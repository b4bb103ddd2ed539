#include "mailpipe/app/send/stdin_session.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <utility>

#include "mailpipe/app/config/accounts.hpp"
#include "mailpipe/app/diagnostics.hpp"
#include "mailpipe/app/message_output.hpp"
#include "mailpipe/app/message_spool.hpp"
#include "mailpipe/app/queue/enqueuer.hpp"
#include "mailpipe/app/queue/open_spool.hpp"
#include "mailpipe/app/send/address_book.hpp"
#include "mailpipe/app/send/distributor.hpp"
#include "mailpipe/app/send/make_transports.hpp"
#include "mailpipe/app/send/outgoing.hpp"
#include "mailpipe/app/send/own_host.hpp"
#include "mailpipe/app/send/settled_server.hpp"
#include "mailpipe/app/stop.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/smtp/server_session.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kReplyText = 400;

// The text of a message that has come.
class SpooledReader : public store::MessageReader {
 public:
    explicit SpooledReader(MessageSpool& spool) : spool_(spool) {}
    Result<std::string_view> read() override {
        if (at_ >= spool_.size()) return std::string_view();
        auto piece = spool_.read(at_);
        if (piece) at_ += piece->size();
        return piece;
    }

 private:
    MessageSpool& spool_;
    std::uint64_t at_ = 0;
};

class StdinSession {
 public:
    // To the queue where there is one, else to the servers.
    StdinSession(const SendOptions& options, queue::Spool* queue, const Transports* transports,
                 Diagnostics& diagnostics)
        : options_(options), queue_(queue), diagnostics_(diagnostics), session_(server_options()) {
        if (transports != nullptr) distributor_.emplace(*transports);
    }

    Result<void> run() {
        while (true) {
            auto step = session_.next();
            if (std::holds_alternative<wire::NeedInput>(step)) {
                if (auto read = read_input(); !read) return read;
            } else if (auto* output = std::get_if<wire::Output>(&step)) {
                if (auto written = write_all(STDOUT_FILENO, output->octets, "stdout"); !written) return written;
            } else if (auto* failed = std::get_if<wire::Failed>(&step)) {
                return tl::unexpected(std::move(failed->error));
            } else if (std::holds_alternative<smtp::PeerQuit>(step)) {
                if (distributor_) distributor_->quit();
                return {};
            } else {
                handle(step);
            }
        }
    }

 private:
    static smtp::ServerOptions server_options() {
        smtp::ServerOptions options;
        options.host_name = qualified_host_name().value_or("localhost");
        options.extensions.chunking = false;
        return options;
    }

    Result<void> read_input() {
        std::array<char, 65536> buffer{};
        const auto count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
        if (count > 0) {
            session_.feed({buffer.data(), static_cast<std::size_t>(count)});
        } else if (count == 0) {
            session_.feed_eof();
        } else if (errno != EINTR) {
            return fail_errno(errno, "stdin");
        }
        if (stop_requested()) session_.shut_down();
        return {};
    }

    void handle(smtp::ServerStep& step) {
        if (auto* mail = std::get_if<smtp::MailRequested>(&step)) {
            given_ = {std::move(mail->envelope.reverse_path), {}};
            session_.accept();
        } else if (auto* recipient = std::get_if<smtp::RecipientRequested>(&step)) {
            add_recipient(recipient->recipient);
        } else if (std::holds_alternative<smtp::BodyBegin>(step)) {
            text_.clear();
            failure_.reset();
        } else if (auto* data = std::get_if<smtp::BodyData>(&step)) {
            auto kept = failure_ ? Result<void>() : text_.append(data->octets);
            if (!kept) failure_ = kept.error();
        } else if (auto* end = std::get_if<smtp::BodyEnd>(&step)) {
            end->refused ? session_.body_answered({}) : session_.body_answered({deliver()});
        }
    }

    void add_recipient(const smtp::Mailbox& mailbox) {
        auto expanded = options_.addresses->expand(mailbox.encode());
        if (!expanded) return session_.refuse(smtp::reply_for(expanded.error()));
        for (smtp::Mailbox& one : *expanded)
            given_.recipients.push_back(std::move(one));
        session_.accept();
    }

    smtp::Reply deliver() {
        if (failure_) return smtp::reply_for(*failure_);
        SpooledReader reader(text_);
        if (auto loaded = message_.load(reader, options_, given_); !loaded)
            return smtp::reply_for(loaded.error());
        return queue_ != nullptr ? enqueue()
                                 : answer(distributor_->submit(message_.envelope(), message_.text()));
    }

    smtp::Reply enqueue() {
        std::optional<Error> error;
        Enqueuer enqueuer(*queue_, [&error](const queue::QueuedFile*, const Error* failed) {
            if (failed != nullptr) error = *failed;
        });
        auto added = enqueuer.add(message_, options_.server);
        enqueuer.finish();
        if (!added) error = added.error();
        return error ? smtp::reply_for(*error) : smtp::Reply{250, "2.0.0", {"Queued"}};
    }

    smtp::Reply answer(const std::vector<Share>& shares) {
        std::optional<Error> worst;
        std::size_t accepted = 0;
        std::string refused;
        for (const Share& share : shares) {
            if (!share.finished) note(share.finished.error(), worst);
            for (std::size_t i = 0; i < share.recipients.size(); ++i) {
                if (share.finished && share.finished->recipients[i].accepted) {
                    accepted += 1;
                    continue;
                }
                refused += (refused.empty() ? "" : ", ") +
                           message_.envelope().recipients[share.recipients[i]].encode();
                if (share.finished) note(error_of(share.finished->recipients[i], share.finished->error), worst);
            }
        }
        if (!worst) return smtp::Reply{250, "2.0.0", {"Sent"}};
        Error error = *worst;
        // A temporary refusal would have the message sent again, also to those who have it.
        if (accepted > 0) error.kind = Errc::permanent;
        diagnostics_.error("", Error{worst->kind, "not sent to " + refused + ": " + worst->message});
        smtp::Reply reply = smtp::reply_for(error);
        reply.lines = {terminal_text((accepted > 0 ? "Sent, but not to " : "Not sent to ") + refused + ": " +
                                     worst->message)
                           .substr(0, kReplyText)};
        return reply;
    }

    static Error error_of(const smtp::RecipientResult& result, const std::optional<Error>& whole) {
        if (result.reply.code == 0) return whole.value_or(Error{Errc::temporary, result.reply.lines[0]});
        const ServerReply reply = smtp::to_server_reply(result.reply);
        return Error{smtp::reply_kind(result.reply), std::to_string(reply.code) + " " + reply.text};
    }

    static void note(const Error& error, std::optional<Error>& worst) {
        if (!worst || worst->kind == Errc::temporary) worst = error;
    }

    const SendOptions& options_;
    queue::Spool* queue_;
    std::optional<Distributor> distributor_;
    Diagnostics& diagnostics_;
    smtp::ServerSession session_;
    GivenEnvelope given_;
    MessageSpool text_;
    Outgoing message_;
    std::optional<Error> failure_;  // to keep the text
};

int report(Diagnostics& diagnostics, std::string_view where, const Error& error) {
    diagnostics.error(where, error);
    return diagnostics.exit_status();
}

}  // namespace

int run_stdin_session(const SendOptions& options) {
    install_stop_handlers();
    Diagnostics diagnostics(options.program, options.common);
    std::unique_ptr<queue::Spool> queue;
    std::unique_ptr<Transports> transports;
    SettledServer settled{{}, options};
    StderrTrace trace;
    config::Accounts accounts(options.client, diagnostics);
    if (options.queue.action == QueueOptions::Action::add) {
        auto opened = open_spool(options.queue);
        if (!opened) return report(diagnostics, "", opened.error());
        queue = std::move(*opened);
    } else {
        auto found = settle_server(options, options.server, accounts);
        if (!found) return report(diagnostics, options.server, found.error());
        settled = std::move(*found);
        Trace* const wanted = options.common.trace ? &trace : nullptr;
        auto made = make_transports(settled.options, settled.server, accounts, {wanted, nullptr});
        if (!made) return report(diagnostics, options.server, made.error());
        transports = std::move(*made);
    }
    StdinSession session(settled.options, queue.get(), transports.get(), diagnostics);
    if (auto ended = session.run(); !ended) return report(diagnostics, "", ended.error());
    return diagnostics.exit_status();
}

}  // namespace mailpipe::app

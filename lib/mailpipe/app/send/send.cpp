#include "mailpipe/app/send/send.hpp"

#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <thread>
#include <vector>

#include "mailpipe/app/config/accounts.hpp"
#include "mailpipe/app/config/import_file.hpp"
#include "mailpipe/app/diagnostics.hpp"
#include "mailpipe/app/location.hpp"
#include "mailpipe/app/message_input.hpp"
#include "mailpipe/app/message_source.hpp"
#include "mailpipe/app/queue/queue_add.hpp"
#include "mailpipe/app/queue/queue_commands.hpp"
#include "mailpipe/app/queue/run_queue.hpp"
#include "mailpipe/app/send/completed_input.hpp"
#include "mailpipe/app/send/composed_input.hpp"
#include "mailpipe/app/send/copy_maker.hpp"
#include "mailpipe/app/send/from_json_input.hpp"
#include "mailpipe/app/send/make_transports.hpp"
#include "mailpipe/app/send/message_queue.hpp"
#include "mailpipe/app/send/outcome_log.hpp"
#include "mailpipe/app/send/sender.hpp"
#include "mailpipe/app/send/sender_group.hpp"
#include "mailpipe/app/send/settled_server.hpp"
#include "mailpipe/app/stop.hpp"

namespace mailpipe::app {
namespace {

// So many messages are read ahead of each connection.
constexpr std::size_t kReadAhead = 16;
// So many connections do as well with a thread each.
constexpr std::size_t kFew = 3;

std::string count(std::size_t number, std::string_view what) {
    return std::to_string(number) + std::string(what) + (number == 1 ? "" : "s");
}

// Threads for which no signal is meant: SIGINT has to end the read of the one that reads stdin.
class SenderThreads {
 public:
    SenderThreads(MessageQueue& queue, std::vector<std::unique_ptr<Sender>>& senders) : queue_(queue) {
        sigset_t all;
        sigset_t before;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before);
        for (const auto& sender : senders)
            threads_.emplace_back([&sender] { sender->run(); });
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }
    SenderThreads(const SenderThreads&) = delete;
    SenderThreads& operator=(const SenderThreads&) = delete;
    ~SenderThreads() {
        queue_.close();
        for (std::thread& thread : threads_)
            thread.join();
    }

 private:
    MessageQueue& queue_;
    std::vector<std::thread> threads_;
};

class Run {
 public:
    Run(const SendOptions& options, const Location& server, GivenEnvelope given, config::Accounts& accounts)
        : options_(options),
          server_(options.queue.action == QueueOptions::Action::add ? "queue" : encode(server)),
          given_(std::move(given)),
          accounts_(accounts),
          diagnostics_(options.program, options.common),
          progress_(options.common),
          waiting_(kReadAhead * options.jobs),
          log_(options, server_, diagnostics_, progress_) {
        diagnostics_.set_progress(&progress_);
        progress_.begin(server_);
    }

    int run(const Location& server) {
        if (auto prepared = prepare(server); !prepared) {
            diagnostics_.error(server_, prepared.error());
            return diagnostics_.exit_status();
        }
        {
            const SenderThreads threads(waiting_, senders_);
            options_.refs_from_stdin ? read_refs() : read_messages();
        }
        if (stop_requested()) {
            const std::string done = count(queue_ ? number_ : log_.recorded(), " message");
            diagnostics_.error("", Error{Errc::temporary, "interrupted after " + done});
        } else if (number_ == 0 && diagnostics_.exit_status() == 0) {
            diagnostics_.error("stdin", Error{Errc::data, "no message: the input is empty"});
        }
        log_.report_not_tried();
        if (queue_) queue_->finish(diagnostics_);
        return diagnostics_.exit_status();
    }

 private:
    // What is wrong without asking any server is said before a message is read.
    Result<void> prepare(const Location& server) {
        if (options_.compose.active()) {
            auto composed = make_composed_input(options_.compose, options_.from);
            if (!composed) return tl::unexpected(composed.error());
            composed_ = std::move(*composed);
        }
        if (options_.queue.action == QueueOptions::Action::add) {
            auto queue = QueueAdd::open(options_.common, options_.queue);
            if (!queue) return tl::unexpected(queue.error());
            queue_ = std::move(*queue);
            return {};
        }
        Trace* const trace = options_.common.trace ? &trace_ : nullptr;
        auto transports = make_transports(options_, server, accounts_, {trace, &progress_});
        if (!transports) return tl::unexpected(transports.error());
        transports_ = std::move(*transports);
        if (!options_.fcc.location.empty()) {
            auto copies = CopyMaker::open(options_.fcc.location, accounts_, trace, diagnostics_);
            if (!copies) return tl::unexpected(copies.error());
            copies_ = std::move(*copies);
        }
        for (std::size_t i = 0; i < options_.jobs; ++i) {
            senders_.push_back(std::make_unique<Sender>(*transports_, waiting_, log_, copies_.get(),
                                                        options_.jobs > 1,
                                                        options_.jobs > kFew ? &group_ : nullptr));
            if (server.scheme == Scheme::mx) continue;
            if (auto opened = senders_.back()->open(""); !opened) return opened;
        }
        return {};
    }

    std::unique_ptr<MessageInput> make_input() {
        if (composed_) return std::move(composed_);
        if (options_.completion) return make_completed_input(STDIN_FILENO, *options_.completion);
        return options_.from_json ? make_from_json_input(STDIN_FILENO) : MessageInput::make(STDIN_FILENO);
    }

    void read_messages() {
        auto input = make_input();
        if (options_.rate > 0) input = make_rated_input(std::move(input), options_.rate);
        while (!stop_requested()) {
            auto found = input->next();
            if (!found) {
                if (stop_requested()) return;
                log_.error("stdin", found.error());
                // A bad record is one message; what is read after a failed or interrupted read is nothing.
                if (found.error().kind != Errc::data) return;
                ++number_;
                continue;
            }
            if (!*found) return;
            auto message = begin_message();
            if (input->is_ref()) {
                message->error = Error{
                    Errc::data, "a record without raw is no message; give --refs - to send what it names"};
            } else if (auto loaded = message->message.load(*input, options_, given_); !loaded) {
                message->error = std::move(loaded.error());
            }
            if (queue_ && !input->is_last()) queue_->expect_more();
            if (!put(std::move(message))) return;
        }
    }

    void read_refs() {
        if (queue_) queue_->expect_more();
        const auto take = [this](const email::Context& context, store::MessageReader& reader) -> Result<void> {
            auto message = begin_message();
            message->ref = context.ref;
            if (auto loaded = message->message.load(reader, options_, given_); !loaded)
                message->error = std::move(loaded.error());
            if (put(std::move(message))) return {};
            return fail(Errc::io, std::string(kReported));
        };
        MessageSource source({&accounts_, options_.common.trace ? &trace_ : nullptr, &diagnostics_}, take);
        [[maybe_unused]] const auto read = source.read_input(STDIN_FILENO, "stdin", true);
    }

    std::unique_ptr<QueuedMessage> begin_message() {
        auto message = waiting_.blank();
        message->number = ++number_;
        return message;
    }

    // false: nothing more can be done.
    bool put(std::unique_ptr<QueuedMessage> message) {
        if (message->error && stop_requested()) return false;
        if (queue_ && !message->error) {
            if (auto queued = queue_->add(message->message, options_.server); !queued) {
                message->error = std::move(queued.error());
                [[maybe_unused]] const bool told = log_.record_failed(*message, server_);
                return false;
            }
            waiting_.give_back(std::move(message));
            return true;
        }
        const Errc kind = message->error ? message->error->kind : Errc::data;
        const bool is_messages_fault = kind == Errc::data || kind == Errc::usage || kind == Errc::limit;
        if (!queue_) return waiting_.put(std::move(message)) && is_messages_fault;
        return log_.record_failed(*message, "stdin") && is_messages_fault;
    }

    const SendOptions& options_;
    std::string server_;
    GivenEnvelope given_;
    config::Accounts& accounts_;
    Diagnostics diagnostics_;
    Progress progress_;
    StderrTrace trace_;
    std::unique_ptr<MessageInput> composed_;
    std::unique_ptr<CopyMaker> copies_;  // null: none are wanted
    std::unique_ptr<Transports> transports_;
    MessageQueue waiting_;
    OutcomeLog log_;
    SenderGroup group_;
    std::vector<std::unique_ptr<Sender>> senders_;
    std::unique_ptr<QueueAdd> queue_;  // instead of the senders, with --queue
    std::size_t number_ = 0;           // of messages that were read
};

}  // namespace

int run_send(const SendOptions& options) {
    using Action = QueueOptions::Action;
    const Action action = options.queue.action;
    if (action == Action::flush || action == Action::watch) return run_queue(options);
    if (options.fcc.retry) return run_retry_fcc(options);
    install_stop_handlers();
    if (action != Action::none && action != Action::add)
        return run_queue_command(options.common, options.queue, options.recipients);
    Diagnostics diagnostics(options.program, options.common);
    if (options.import) {
        const std::string path = options.recipients.empty() ? "" : options.recipients[0];
        if (const auto done = config::import_file(*options.import, path); !done)
            diagnostics.error("--import", done.error());
        return diagnostics.exit_status();
    }
    const auto give_up = [&diagnostics](std::string_view where, const Error& error) {
        diagnostics.error(where, error);
        return diagnostics.exit_status();
    };
    if (options.recipients.empty() && !options.recipients_from_header)
        return give_up("", Error{Errc::usage, "no recipient; name one or give -t"});
    config::Accounts accounts(options.client, diagnostics);
    SettledServer settled{{}, options};
    // What is queued without a server is for the one that the queue is sent with.
    if (action == Action::none || !options.server.empty()) {
        auto found = settle_server(options, options.server, accounts);
        if (!found) return give_up(options.server, found.error());
        settled = std::move(*found);
    }
    auto given = parse_given_envelope(settled.options);
    if (!given) return give_up("", given.error());
    return Run(settled.options, settled.server, std::move(*given), accounts).run(settled.server);
}

}  // namespace mailpipe::app

#include "mailpipe/app/send/send.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>

#include "mailpipe/app/config/accounts.hpp"
#include "mailpipe/app/diagnostics.hpp"
#include "mailpipe/app/location.hpp"
#include "mailpipe/app/message_input.hpp"
#include "mailpipe/app/queue/queue_add.hpp"
#include "mailpipe/app/queue/queue_commands.hpp"
#include "mailpipe/app/queue/run_queue.hpp"
#include "mailpipe/app/send/distributor.hpp"
#include "mailpipe/app/send/from_json_input.hpp"
#include "mailpipe/app/send/make_transports.hpp"
#include "mailpipe/app/send/outgoing.hpp"
#include "mailpipe/app/send/receipt.hpp"
#include "mailpipe/app/send/settled_server.hpp"
#include "mailpipe/app/stop.hpp"
#include "mailpipe/base/exit_status.hpp"

namespace mailpipe::app {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kNamedRecipients = 3;

// "a@x, b@x, c@x and 7 more"
std::string name_recipients(const std::vector<const smtp::RecipientResult*>& results) {
    std::string text;
    for (std::size_t i = 0; i < results.size() && i < kNamedRecipients; ++i) {
        if (i > 0) text += ", ";
        text += results[i]->recipient.encode();
    }
    if (results.size() > kNamedRecipients) {
        text += " and " + std::to_string(results.size() - kNamedRecipients) + " more";
    }
    return text;
}

std::string count(std::size_t number, std::string_view what) {
    return std::to_string(number) + std::string(what) + (number == 1 ? "" : "s");
}

class Run {
 public:
    Run(const SendOptions& options, const Location& server, GivenEnvelope given)
        : options_(options),
          server_(options.queue.action == QueueOptions::Action::add ? "queue" : encode(server)),
          given_(std::move(given)),
          diagnostics_("mail-send", options.common),
          progress_(options.common),
          receipts_(options.common) {
        diagnostics_.set_progress(&progress_);
        progress_.begin(server_);
    }

    int run(const Location& server, config::Accounts& accounts) {
        if (auto prepared = prepare(server, accounts); !prepared) {
            diagnostics_.error(server_, prepared.error());
            return diagnostics_.exit_status();
        }
        const auto input =
            options_.from_json ? make_from_json_input(STDIN_FILENO) : MessageInput::make(STDIN_FILENO);
        while (true) {
            auto found = input->next();
            if (!found) {
                diagnostics_.error("stdin", found.error());
                // A bad record is one message; what is read after a failed or interrupted read is nothing.
                if (found.error().kind != Errc::data) break;
                ++number_;
                continue;
            }
            if (!*found) break;
            ++number_;
            if (!process(*input)) break;
            if (stop_requested()) {
                diagnostics_.error("",
                                   Error{Errc::temporary, "interrupted after " + count(number_, " message")});
                break;
            }
        }
        if (number_ == 0 && diagnostics_.exit_status() == 0) {
            diagnostics_.error("stdin", Error{Errc::data, "no message: the input is empty"});
        }
        for (const auto& [name, number] : not_tried_) {
            diagnostics_.error(name, Error{Errc::temporary, count(number, " more message") + " not tried"});
        }
        if (distributor_) distributor_->quit();
        if (queue_) queue_->finish(diagnostics_);
        return diagnostics_.exit_status();
    }

 private:
    // What is wrong without asking any server is said before a message is read.
    Result<void> prepare(const Location& server, config::Accounts& accounts) {
        if (options_.queue.action == QueueOptions::Action::add) {
            auto queue = QueueAdd::open(options_.common, options_.queue);
            if (!queue) return tl::unexpected(queue.error());
            queue_ = std::move(*queue);
            return {};
        }
        Trace* const trace = options_.common.trace ? &trace_ : nullptr;
        auto transports = make_transports(options_, server, accounts, {trace, &progress_});
        if (!transports) return tl::unexpected(transports.error());
        transports_ = std::move(*transports);
        distributor_.emplace(*transports_);
        return server.scheme == Scheme::mx ? Result<void>() : distributor_->open("");
    }

    // The first message is usually the only one: only the others are counted.
    std::string prefix() const { return number_ > 1 ? "message " + std::to_string(number_) + ": " : ""; }

    // false: nothing more can be done.
    bool process(MessageInput& input) {
        Receipt receipt;
        receipt.server = server_;
        if (auto loaded = message_.load(input, options_, given_); !loaded) {
            report("stdin", loaded.error(), receipt);
            const Errc kind = loaded.error().kind;
            const bool is_messages_fault = kind == Errc::data || kind == Errc::usage || kind == Errc::limit;
            return write(receipt) && is_messages_fault;
        }
        if (queue_) return enqueue(receipt);
        receipt.message = &message_;
        const auto start = Clock::now();
        const std::vector<Share> shares = distributor_->submit(message_.envelope(), message_.text());
        receipt.seconds = Clock::now() - start;
        progress_.end_message();
        receipt.recipients.resize(message_.envelope().recipients.size());
        for (const Share& share : shares)
            fill(share, receipt);
        for (const Share& share : shares)
            judge(share, receipt);
        return write(receipt);
    }

    bool enqueue(Receipt& receipt) {
        auto queued = queue_->add(message_, options_.server);
        if (queued) return true;
        report(server_, queued.error(), receipt);
        return write(receipt) && false;
    }

    void fill(const Share& share, Receipt& receipt) const {
        for (std::size_t i = 0; i < share.recipients.size(); ++i) {
            const std::size_t index = share.recipients[i];
            RecipientReport& report = receipt.recipients[index];
            report.server = share.server;
            report.tls = share.tls;
            if (share.finished) {
                report.result = share.finished->recipients[i];
            } else {
                report.result = {message_.envelope().recipients[index], smtp::Reply{0, "", {""}}, false};
            }
            if (report.result.accepted || report.result.reply.code != 0) continue;
            if (!share.finished) report.error = why(share);
            if (share.finished && share.finished->error) report.error = share.finished->error->message;
        }
    }

    static std::string why(const Share& share) {
        return (share.tried ? "" : "not tried: ") + share.finished.error().message;
    }

    void judge(const Share& share, Receipt& receipt) {
        if (share.finished) return judge(*share.finished, share.server, receipt);
        if (share.tried) return report(share.server, share.finished.error(), receipt);
        const Error error{share.finished.error().kind, why(share)};
        receipt.status = worse_exit_status(receipt.status, exit_status(error.kind));
        if (!receipt.error && nothing_accepted(receipt)) receipt.error = error;
        not_tried_[share.server] += 1;
    }

    // One line for all recipients that were refused with the same reply.
    void judge(const smtp::Finished& finished, const std::string& server, Receipt& receipt) {
        std::vector<std::vector<const smtp::RecipientResult*>> refused;
        std::map<std::pair<int, std::string>, std::size_t> groups;
        for (const smtp::RecipientResult& result : finished.recipients) {
            if (result.accepted) continue;
            const auto key = std::pair(result.reply.code, smtp::to_server_reply(result.reply).text);
            const auto [group, is_first] = groups.try_emplace(key, refused.size());
            if (is_first) refused.emplace_back();
            refused[group->second].push_back(&result);
        }
        std::optional<Error> error = finished.error;
        if (error && !receipt.error && nothing_accepted(receipt)) receipt.error = error;
        if (error && refused.size() <= 1) {
            if (!refused.empty() && refused[0][0]->reply.code != 0) {
                error->message = name_recipients(refused[0]) + ": " + error->message;
            }
            return report(server, *error, receipt);
        }
        for (const auto& group : refused) {
            const smtp::Reply& reply = group[0]->reply;
            if (reply.code == 0) {
                const Errc kind = error ? error->kind : Errc::temporary;
                report(server, Error{kind, name_recipients(group) + ": " + reply.lines[0]}, receipt);
                continue;
            }
            report(server,
                   Error{smtp::reply_kind(reply), name_recipients(group) + " refused",
                         smtp::to_server_reply(reply)},
                   receipt);
        }
    }

    static bool nothing_accepted(const Receipt& receipt) {
        return std::none_of(receipt.recipients.begin(), receipt.recipients.end(),
                            [](const RecipientReport& report) { return report.result.accepted; });
    }

    void report(std::string_view where, Error error, Receipt& receipt) {
        receipt.status = worse_exit_status(receipt.status, exit_status(error.kind));
        if (!receipt.error && nothing_accepted(receipt)) receipt.error = error;
        error.message = prefix() + error.message;
        diagnostics_.error(where, error);
    }

    bool write(const Receipt& receipt) {
        progress_.clear();
        auto written = receipts_.write(receipt);
        if (!written) diagnostics_.error("", written.error());
        return written.has_value();
    }

    const SendOptions& options_;
    std::string server_;
    GivenEnvelope given_;
    Diagnostics diagnostics_;
    Progress progress_;
    StderrTrace trace_;
    std::unique_ptr<Transports> transports_;
    std::optional<Distributor> distributor_;
    std::unique_ptr<QueueAdd> queue_;  // instead of these, with --queue
    ReceiptWriter receipts_;
    Outgoing message_;
    std::size_t number_ = 0;                        // of the message, from 1
    std::map<std::string, std::size_t> not_tried_;  // messages, after the server was given up
};

}  // namespace

int run_send(const SendOptions& options) {
    using Action = QueueOptions::Action;
    const Action action = options.queue.action;
    if (action == Action::flush || action == Action::watch) return run_queue(options);
    install_stop_handlers();
    if (action != Action::none && action != Action::add)
        return run_queue_command(options.common, options.queue, options.recipients);
    Diagnostics diagnostics("mail-send", options.common);
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
    return Run(settled.options, settled.server, std::move(*given)).run(settled.server, accounts);
}

}  // namespace mailpipe::app

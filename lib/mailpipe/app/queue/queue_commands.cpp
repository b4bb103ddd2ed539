#include "mailpipe/app/queue/queue_commands.hpp"

#include <unistd.h>

#include <algorithm>
#include <memory>

#include "mailpipe/app/clock.hpp"
#include "mailpipe/app/message_output.hpp"
#include "mailpipe/app/queue/open_spool.hpp"
#include "mailpipe/app/queue/queue_output.hpp"
#include "mailpipe/app/stop.hpp"
#include "mailpipe/mime/date.hpp"

namespace mailpipe::app {
namespace {

using Action = QueueOptions::Action;

class QueueCommand {
 public:
    QueueCommand(const CommonOptions& common, const QueueOptions& options)
        : options_(options),
          jsonl_(writes_jsonl(common)),
          quiet_(common.quiet),
          diagnostics_("mail-send", common) {}

    int run(const std::vector<std::string>& ids) {
        if (auto done = run_on(ids); !done) diagnostics_.error("", done.error());
        return diagnostics_.exit_status();
    }

 private:
    Result<void> run_on(const std::vector<std::string>& ids) {
        const bool is_view = options_.action == Action::list || options_.action == Action::stats;
        const bool is_all = ids.size() == 1 && ids[0] == "all";
        if (ids.empty() && !is_view) return fail(Errc::usage, "name messages by their ids, or give 'all'");
        if (is_all && options_.action == Action::show)
            return fail(Errc::usage, "--show wants the id of a message");
        std::vector<queue::Id> wanted;
        for (const std::string& text : ids) {
            const auto id = queue::parse_id(text);
            if (!id && !is_all) return fail(Errc::usage, text + ": not an id of the queue (see --list)");
            if (id) wanted.push_back(*id);
        }
        auto spool = find_spool(options_);
        if (!spool) return tl::unexpected(spool.error());
        spool_ = std::move(*spool);
        if (options_.action == Action::stats) return stats();
        if (!wanted.empty()) return each(wanted);
        return spool_ ? all() : Result<void>{};
    }

    Result<void> each(const std::vector<queue::Id>& wanted) {
        for (const queue::Id id : wanted) {
            auto found = spool_ ? spool_->find(id) : Result<std::optional<queue::Entry>>();
            if (!found) return tl::unexpected(found.error());
            if (!*found) {
                diagnostics_.error(queue::encode_id(id),
                                   Error{Errc::not_found, "no such message in the queue"});
            } else if (auto done = use(**found, true); !done) {
                return done;
            }
        }
        return {};
    }

    // A bucket at a time: what is shown first comes first, however many there are.
    Result<void> all() {
        auto buckets = spool_->buckets();
        if (!buckets) return tl::unexpected(buckets.error());
        for (const std::string& bucket : *buckets) {
            std::vector<queue::Entry> entries;
            auto scanned =
                spool_->scan(bucket, [&entries](const queue::Entry& entry) { entries.push_back(entry); });
            if (!scanned) return scanned;
            std::sort(entries.begin(), entries.end(),
                      [](const queue::Entry& one, const queue::Entry& other) { return one.id < other.id; });
            for (const queue::Entry& entry : entries) {
                if (stop_requested()) return tl::unexpected(stopped_by_signal());
                if (auto done = use(entry, false); !done) return done;
            }
        }
        return {};
    }

    // `is_named`: it is an error when it is not to be had.
    Result<void> use(const queue::Entry& entry, bool is_named) {
        const bool is_change = options_.action != Action::list && options_.action != Action::show;
        auto file = is_change ? spool_->lock(entry) : spool_->look_at(entry);
        if (!file) {
            diagnostics_.error("", file.error());
            return {};
        }
        // It went, or has another name by now.
        if (!*file) return is_named ? use_again(entry.id) : Result<void>{};
        return use(**file);
    }

    Result<void> use_again(queue::Id id) {
        auto found = spool_->find(id);
        if (!found) return tl::unexpected(found.error());
        if (*found) return use(**found, false);
        diagnostics_.error(queue::encode_id(id), Error{Errc::not_found, "it has just left the queue"});
        return {};
    }

    Result<void> use(queue::QueuedFile& file) {
        if (options_.action == Action::list) return list(file);
        if (options_.action == Action::show) return show(file);
        return change(file);
    }

    Result<void> write(const std::string& text) const { return write_all(STDOUT_FILENO, text, "stdout"); }

    Result<void> list(const queue::QueuedFile& file) const {
        const std::uint32_t now = now_seconds();
        return write(jsonl_ ? email::dump(queue_record(file, now)) + '\n' : queue_text(file, now));
    }

    Result<void> show(queue::QueuedFile& file) const {
        const auto output =
            MessageOutput::make(jsonl_ ? MessageFormat::jsonl : MessageFormat::rfc822, STDOUT_FILENO);
        if (auto begun = output->begin({}); !begun) return begun;
        for (std::uint64_t offset = 0;;) {
            auto piece = file.read_text(offset);
            if (!piece) return tl::unexpected(piece.error());
            if (piece->empty()) return output->finish();
            if (auto written = output->append(*piece); !written) return written;
            offset += piece->size();
        }
    }

    Result<void> change(queue::QueuedFile& file) {
        static constexpr std::string_view kDone[] = {"held", "released", "retried", "removed"};
        std::string_view done;
        queue::Event event;
        event.time = now_seconds();
        switch (options_.action) {
            case Action::hold:
                event.kind = queue::Event::Kind::hold;
                done = kDone[0];
                break;
            case Action::release:
                event.kind = queue::Event::Kind::release;
                done = kDone[1];
                break;
            case Action::retry:
                event.kind = queue::Event::Kind::retry;
                done = kDone[2];
                break;
            default:
                done = kDone[3];
                break;
        }
        const bool is_removal = options_.action == Action::remove;
        Result<void> changed = is_removal ? file.remove() : file.append(event);
        if (changed && !is_removal) changed = file.rename();
        if (changed) changed = spool_->sync({&file});
        if (!changed) return changed;
        if (quiet_) return {};
        const std::string id = queue::encode_id(file.entry().id);
        email::Json json;
        json["event"] = done;
        json["id"] = id;
        return write(jsonl_ ? email::dump(json) + '\n' : id + ' ' + std::string(done) + '\n');
    }

    // By the names alone.
    Result<void> stats() const {
        std::size_t messages = 0;
        std::size_t waiting_for_people = 0;
        std::size_t due = 0;
        std::uint32_t oldest = queue::kNever;
        std::uint32_t next = queue::kNever;
        const std::uint32_t now = now_seconds();
        const auto count = [&](const queue::Entry& entry) {
            ++messages;
            oldest = std::min(oldest, queue::arrived_at(entry.id));
            if (entry.due == queue::kNever) ++waiting_for_people;
            if (entry.due <= now) ++due;
            if (entry.due > now) next = std::min(next, entry.due);
        };
        if (spool_) {
            if (auto scanned = spool_->scan(count); !scanned) return scanned;
        }
        return write(stats_text(messages, due, waiting_for_people, oldest, next));
    }

    std::string stats_text(std::size_t messages, std::size_t due, std::size_t held, std::uint32_t oldest,
                           std::uint32_t next) const {
        const auto time = [](std::uint32_t seconds) { return mime::rfc3339(mime::utc_date(seconds)); };
        email::Json json;
        json["messages"] = messages;
        json["due"] = due;
        json["waiting"] = messages - due - held;
        json["held"] = held;
        if (oldest != queue::kNever) json["oldest"] = time(oldest);
        if (next != queue::kNever) json["nextDue"] = time(next);
        if (jsonl_) return email::dump(json) + '\n';
        std::string text = std::to_string(messages) + (messages == 1 ? " message: " : " messages: ") +
                           std::to_string(due) + " due, " + std::to_string(messages - due - held) +
                           " waiting for their time, " + std::to_string(held) + " held or undeliverable\n";
        if (oldest != queue::kNever) text += "the oldest is of " + time(oldest) + '\n';
        return text;
    }

    const QueueOptions& options_;
    bool jsonl_;
    bool quiet_;
    Diagnostics diagnostics_;
    std::unique_ptr<queue::Spool> spool_;
};

}  // namespace

int run_queue_command(const CommonOptions& common, const QueueOptions& options,
                      const std::vector<std::string>& ids) {
    return QueueCommand(common, options).run(ids);
}

}  // namespace mailpipe::app

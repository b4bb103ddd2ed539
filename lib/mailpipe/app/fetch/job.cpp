#include "mailpipe/app/fetch/job.hpp"

#include <algorithm>

#include "mailpipe/app/fetch/make_delivery.hpp"
#include "mailpipe/app/fetch/removed_here.hpp"
#include "mailpipe/app/fetch/source_ref.hpp"
#include "mailpipe/app/stop.hpp"
#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app {

FetchJob::FetchJob(Parts parts)
    : parts_(std::move(parts)),
      where_(encode(parts_.source)),
      destination_(parts_.destinations.main ? encode(*parts_.destinations.main) : std::string()) {
    totals_.source = where_;
    totals_.destination = destination_;
}

bool FetchJob::is_wanted(std::string_view key) const {
    if (key.empty()) return true;
    if (parts_.state->is_done(key)) return false;
    return parts_.refs || parts_.state->is_due(key, std::time(nullptr));
}

Judgement FetchJob::judge(std::size_t count, const std::function<Listed(std::size_t)>& listed) {
    if (!retention().any()) return {std::vector<bool>(count, false)};
    auto judged = judge_by_rules(count, listed);
    if (judged) return std::move(*judged);
    report(judged.error());
    return {std::vector<bool>(count, false), false};
}

// When the first of those that stay because they are young may go.
std::int64_t FetchJob::first_of_age(const std::vector<Retained>& messages, const std::vector<bool>& goes,
                                    std::int64_t now) const {
    std::int64_t first = 0;
    for (std::size_t i = 0; retention().remove_after && i < messages.size(); ++i) {
        if (goes[i] || !messages[i].delivered_at) continue;
        const std::int64_t of_age = *messages[i].delivered_at + *retention().remove_after;
        if (of_age > now && (first == 0 || of_age < first)) first = of_age;
    }
    return first;
}

Result<Judgement> FetchJob::judge_by_rules(std::size_t count,
                                           const std::function<Listed(std::size_t)>& listed) {
    Judgement judged{std::vector<bool>(count, true)};
    std::vector<bool>& goes = judged.goes;
    if (!retention().all()) {
        KeyTable removed;
        if (retention().remove_removed) {
            const bool even_all = retention().limit.has_value();
            auto compared = removed_here(*parts_.state, even_all);
            if (!compared) return tl::unexpected(compared.error());
            removed = std::move(compared->keys);
            judged.maildirs = std::move(compared->maildirs);
        }
        std::vector<Retained> messages;
        messages.reserve(count);
        for (std::size_t i = 0; i < count; ++i) {
            const Listed one = listed(i);
            const auto id = removed.find(one.key);
            messages.push_back(
                {one.size, parts_.state->done_at(one.key), id.has_value() && removed.value(*id) != 0});
        }
        const std::int64_t now = std::time(nullptr);
        goes = judge_retention(retention(), messages, now);
        judged.until = first_of_age(messages, goes, now);
    }
    if (!retention().limit) return judged;
    std::uint64_t going = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (!goes[i]) continue;
        const std::string_view key = listed(i).key;
        if (parts_.state->is_done(key) || is_wanted(key)) ++going;
    }
    if (auto allowed = check_delete_limit(retention(), going, count); !allowed)
        return tl::unexpected(allowed.error());
    return judged;
}

Result<KnownMessages> FetchJob::known_without_journal() const {
    if (!parts_.state->is_new() || to_stdout() || parts_.settings->headers_only) return KnownMessages(true);
    std::vector<Location> stores;
    const auto add = [&stores](const Location& place) {
        if (place.scheme != Scheme::maildir && place.scheme != Scheme::mbox) return;
        if (std::find(stores.begin(), stores.end(), place) == stores.end()) stores.push_back(place);
    };
    add(*parts_.destinations.main);
    for (const Route& route : parts_.destinations.routes)
        add(route.destination);
    return parts_.known_in_stores->in(stores, parts_.state_place);
}

void FetchJob::begin(const Message& message) {
    in_message_ = true;
    fingerprinter_ = {};
    if (failed_) return;
    if (auto begun = parts_.delivery->begin(message); !begun) fail_destination(begun.error());
}

void FetchJob::append(std::string_view octets) {
    parts_.console->add_octets(octets.size());
    if (failed_) return;
    fingerprinter_.append(octets);
    if (auto appended = parts_.delivery->append(octets); !appended) fail_destination(appended.error());
}

void FetchJob::end(Message message) {
    in_message_ = false;
    message.print = fingerprinter_.finish();
    parts_.console->end_message();
    if (failed_) return;
    if (auto finished = parts_.delivery->finish(message); !finished) fail_destination(finished.error());
}

void FetchJob::abandon() {
    if (in_message_) parts_.delivery->abandon();
    in_message_ = false;
}

void FetchJob::take(const std::function<void(const Delivered&)>& use) {
    if (!failed_) use_delivered(parts_.delivery->take(), use);
}

void FetchJob::flush(const std::function<void(const Delivered&)>& use) {
    // A full disk does not keep what was staged before from its place.
    if (use_delivered(parts_.delivery->flush(), use)) use_delivered(parts_.delivery->take(), use);
}

void FetchJob::recover() {
    use_delivered(parts_.delivery->recover(), [](const Delivered&) {});
}

void FetchJob::plan(const FetchPlanRecord& record) {
    if (receipts_failed_) return;
    if (auto written = parts_.console->plan(record); !written) {
        receipts_failed_ = true;
        report("", written.error());
    }
}

Result<void> FetchJob::finish(bool failed) {
    if (parts_.dry_run) return {};
    totals_.skipped += parts_.state->failed_count();
    totals_.seconds = std::chrono::duration<double>(BootClock::now() - began_).count();
    return parts_.console->end_source(totals_, failed || failed_ || any_failed_);
}

std::string FetchJob::ref_of(const std::string& key) const {
    return ref_at_source(parts_.source, *parts_.state, key);
}

bool FetchJob::ending() const {
    return failed_ || stop_requested();
}

void FetchJob::fail_message(const std::string& key, std::uint32_t number, Error error) {
    any_failed_ = true;
    if (error.message == kReported) {
        ++totals_.skipped;
        return;
    }
    report_message(key, number, std::move(error));
    if (key.empty()) ++totals_.skipped;
    if (key.empty() || failed_) return;
    if (auto recorded = parts_.state->record_failed(key, std::time(nullptr)); !recorded)
        fail_destination(recorded.error());
}

void FetchJob::report_message(const std::string& key, std::uint32_t number, Error error) {
    const std::string ref = ref_of(key);
    if (ref.empty()) error.message = "message " + std::to_string(number) + ": " + error.message;
    report(ref.empty() ? where_ : ref, error);
}

void FetchJob::fail_destination(const Error& error) {
    parts_.delivery->abandon();
    if (failed_) return;
    failed_ = true;
    report(destination_, to_stdout() ? error : destination_error(error, *parts_.destinations.main));
}

bool FetchJob::is_routed(const std::string& to) const {
    return !parts_.destinations.routes.empty() && to != destination_ && !to.starts_with(destination_ + ";");
}

bool FetchJob::use_delivered(const Result<std::vector<Delivered>>& delivered,
                             const std::function<void(const Delivered&)>& use) {
    if (!delivered) {
        fail_destination(delivered.error());
        return false;
    }
    for (const Delivered& one : *delivered) {
        if (one.refused) {
            fail_message(one.key, one.number, *one.refused);
            continue;
        }
        for (const Error& missed : one.missed)
            report_message(one.key, one.number, missed);
        use(one);
        ++totals_.messages;
        totals_.octets += one.size;
        if (is_routed(one.to)) ++totals_.routed;
        // What is safe is told, even when the destination takes no more.
        if (receipts_failed_) continue;
        const FetchReceipt receipt{ref_of(one.key), one.to, one.size, one.seconds < 0 ? "" : tls_, one.seconds};
        if (auto written = parts_.console->receipt(receipt); !written) {
            receipts_failed_ = true;
            failed_ = true;
            report("", written.error());
        }
    }
    return true;
}

}  // namespace mailpipe::app

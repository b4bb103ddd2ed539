#include "mailpipe/app/fetch/job.hpp"

#include "mailpipe/app/stop.hpp"
#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app {

void FetchJob::begin(const Message& message) {
    in_message_ = true;
    fingerprinter_ = {};
    if (failed_) return;
    if (auto begun = parts_.delivery->begin(message); !begun) fail_destination(begun.error());
}

void FetchJob::append(std::string_view octets) {
    parts_.progress->add_octets(octets.size());
    if (failed_) return;
    fingerprinter_.append(octets);
    if (auto appended = parts_.delivery->append(octets); !appended) fail_destination(appended.error());
}

void FetchJob::end(Message message) {
    in_message_ = false;
    message.print = fingerprinter_.finish();
    parts_.progress->end_message();
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

std::string FetchJob::ref_of(const std::string& key) const {
    if (key.empty()) return {};
    Location ref = parts_.source;
    if (ref.scheme == Scheme::pop3 || ref.scheme == Scheme::pop3s) {
        if (key.find(' ') != std::string::npos) return {};
        ref.uidl = key;
        return encode(ref);
    }
    const auto uid = ascii::parse_number(key);
    if (!uid || !parts_.state->validity()) return {};
    ref.uid_validity = parts_.state->validity();
    ref.uid = static_cast<std::uint32_t>(*uid);
    return encode(ref);
}

bool FetchJob::ending() const {
    return failed_ || stop_requested();
}

void FetchJob::report(const std::string& where, const Error& error) {
    parts_.progress->clear();
    parts_.diagnostics->error(where, error);
}

void FetchJob::note(std::string_view text) {
    parts_.progress->clear();
    parts_.diagnostics->note(where_, text);
}

void FetchJob::fail_message(const std::string& key, std::uint32_t number, Error error) {
    const std::string ref = ref_of(key);
    if (ref.empty()) error.message = "message " + std::to_string(number) + ": " + error.message;
    report(ref.empty() ? where_ : ref, error);
    if (key.empty() || failed_) return;
    if (auto recorded = parts_.state->record_failed(key, std::time(nullptr)); !recorded)
        fail_destination(recorded.error());
}

void FetchJob::fail_destination(const Error& error) {
    parts_.delivery->abandon();
    if (failed_) return;
    failed_ = true;
    Error shown = error;
    const std::string prefix = parts_.destination_path + ": ";
    if (!parts_.destination_path.empty() && shown.message.starts_with(prefix))
        shown.message.erase(0, prefix.size());
    report(parts_.destination, shown);
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
        use(one);
        // What is safe is told, even when the destination takes no more.
        if (receipts_failed_) continue;
        const FetchReceipt receipt{ref_of(one.key), one.to, one.size, one.seconds < 0 ? "" : tls_, one.seconds};
        if (auto written = parts_.receipts->write(receipt); !written) {
            receipts_failed_ = true;
            failed_ = true;
            report("", written.error());
        }
    }
    return true;
}

}  // namespace mailpipe::app

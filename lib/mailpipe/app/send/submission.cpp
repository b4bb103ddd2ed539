#include "mailpipe/app/send/submission.hpp"

#include "mailpipe/app/fetch/retention.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/mime/date.hpp"

namespace mailpipe::app {

void ask(const SubmissionOptions& options, smtp::Envelope& envelope) {
    envelope.ret = options.ret;
    envelope.envelope_id = options.envelope_id;
    envelope.by = options.by;
    if (options.hold_for) envelope.hold_for = static_cast<std::uint64_t>(*options.hold_for);
    envelope.hold_until = options.hold_until;
    envelope.priority = options.priority;
    envelope.require_tls = options.require_tls;
    envelope.recipient_options.clear();
    if (!options.notify && !options.original) return;
    for (const smtp::Mailbox& recipient : envelope.recipients) {
        envelope.recipient_options.push_back(
            {options.notify, options.original.value_or("rfc822;" + recipient.encode())});
    }
}

Result<smtp::Notify> parse_notify(const std::string& text) {
    smtp::Notify notify;
    if (ascii::equals_ignore_case(text, "never")) return notify;
    for (const std::string_view word : ascii::split(text, ',')) {
        if (ascii::equals_ignore_case(word, "success")) {
            notify.success = true;
        } else if (ascii::equals_ignore_case(word, "failure")) {
            notify.failure = true;
        } else if (ascii::equals_ignore_case(word, "delay")) {
            notify.delay = true;
        } else {
            return fail(Errc::usage,
                        "\"" + text + "\" is neither never nor a list of success, failure and delay");
        }
    }
    return notify;
}

Result<smtp::DeliverBy> parse_deliver_by(const std::string& text) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    const std::string time = text.substr(0, colon);
    const std::string mode = ascii::to_upper(text.substr(std::min(colon + 1, text.size())));
    const auto number = ascii::parse_number(time);
    const auto seconds =
        number ? Result<std::int64_t>(static_cast<std::int64_t>(*number)) : parse_duration(time);
    const bool known =
        mode.empty() || mode == "R" || mode == "N" || mode == "RT" || mode == "NT" || mode == "T";
    if (!seconds || !known || *seconds <= 0 || *seconds > 999'999'999)
        return fail(Errc::usage, "\"" + text + "\" is no time to deliver by such as 3600, 3600:N, 2h or 2h:RT");
    return smtp::DeliverBy{*seconds, mode.find('N') == std::string::npos, mode.find('T') != std::string::npos};
}

Result<std::int64_t> parse_hold_until(const std::string& text) {
    const auto date = mime::parse_rfc3339(text);
    if (!date) return fail(Errc::usage, "\"" + text + "\" is no time such as 2026-11-30T08:00:00+01:00");
    return mime::epoch_seconds(*date);
}

}  // namespace mailpipe::app

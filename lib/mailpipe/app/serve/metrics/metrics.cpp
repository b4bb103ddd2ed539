#include "mailpipe/app/serve/metrics/metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app::serve {
namespace {

constexpr std::array<std::string_view, 17> kKindNames{
    "usage",       "config",    "data",         "notFound", "noUser",   "noHost",
    "unavailable", "temporary", "permanent",    "auth",     "protocol", "unsupported",
    "limit",       "io",        "cannotCreate", "tls",      "bug"};

std::uint64_t count_of(const Json& event, const char* name) {
    const auto found = event.find(name);
    return found != event.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

bool is_true(const Json& event, const char* name) {
    const auto found = event.find(name);
    return found != event.end() && found->is_boolean() && found->get<bool>();
}

std::string_view text_of(const Json& event, const char* name) {
    const auto found = event.find(name);
    return found != event.end() && found->is_string() ? std::string_view(found->get_ref<const std::string&>())
                                                      : "";
}

// One family of metrics after another, in the order that OpenMetrics wants: TYPE, UNIT, HELP, samples.
class Text {
 public:
    void family(std::string_view name, std::string_view type, std::string_view help,
                std::string_view unit = "") {
        name_ = name;
        add("# TYPE mailpipe_{} {}\n", name, type);
        if (!unit.empty()) add("# UNIT mailpipe_{} {}\n", name, unit);
        add("# HELP mailpipe_{} {}\n", name, help);
    }
    template <class Value>
    void sample(std::string_view suffix, std::string_view labels, const Value& value) {
        add("mailpipe_{}{}{} {}\n", name_, suffix, labels.empty() ? "" : fmt::format("{{{}}}", labels), value);
    }
    void counter(std::string_view labels, const std::atomic<std::uint64_t>& value) {
        sample("_total", labels, value.load(std::memory_order_relaxed));
    }
    std::string finish() { return std::move(text_) + "# EOF\n"; }

 private:
    template <class... Values>
    void add(fmt::format_string<Values...> format, Values&&... values) {
        fmt::format_to(std::back_inserter(text_), format, std::forward<Values>(values)...);
    }

    std::string name_;
    std::string text_;
};

}  // namespace

void Metrics::observe(const Json& event) {
    const std::string_view name = text_of(event, "event");
    if (name == "connection") {
        const std::string_view url = text_of(event, "url");
        ++(url.starts_with("pop3")   ? connections_.pop3
           : url.starts_with("lmtp") ? connections_.lmtp
                                     : connections_.smtp);
    } else if (name == "login") {
        ++(is_true(event, "ok") ? logins_ok_ : logins_refused_);
    } else if (name == "delivery") {
        const auto reply = event.find("reply");
        const bool taken = reply != event.end() && count_of(*reply, "code") < 400;
        ++(taken ? delivered_ : refused_);
        received_octets_ += count_of(event, "size");
    } else if (name == "queued" && event.contains("connection")) {
        ++queued_;
        received_octets_ += count_of(event, "size");
    } else if (name == "retrieval") {
        ++retrievals_;
        retrieved_octets_ += count_of(event, "size");
    } else if (name == "removal") {
        const auto uidls = event.find("uidls");
        if (uidls != event.end()) removals_ += uidls->size();
    } else if (name == "expunge") {
        const auto uids = event.find("uids");
        if (uids != event.end()) removals_ += uids->size();
    } else if (name == "reload") {
        ++(is_true(event, "ok") ? reloads_ok_ : reloads_refused_);
    } else if (name == "error") {
        const auto found = std::find(kKindNames.begin(), kKindNames.end(), text_of(event, "kind"));
        ++errors_[static_cast<std::size_t>(found - kKindNames.begin())];
    }
}

void Metrics::reply_line(std::string_view line) {
    if (line.starts_with("+OK")) ++pop3_ok_;
    if (line.starts_with("-ERR")) ++pop3_err_;
    const bool last = line.size() == 3 || (line.size() > 3 && line[3] == ' ');
    if (last && line[0] >= '2' && line[0] <= '5' && ascii::is_digit(line[1]) && ascii::is_digit(line[2]))
        ++smtp_replies_[static_cast<std::size_t>(line[0] - '2')];
}

void Metrics::reply_time(std::chrono::nanoseconds time) {
    const double seconds = std::chrono::duration<double>(time).count();
    const auto bound = std::lower_bound(kBounds.begin(), kBounds.end(), seconds);
    ++times_[static_cast<std::size_t>(bound - kBounds.begin())];
    time_sum_ += static_cast<std::uint64_t>(time.count());
}

std::string Metrics::encode(const Gauges& gauges) const {
    Text text;
    text.family("connections_open", "gauge", "Connections at this moment.");
    text.sample("", "", gauges.connections);
    text.family("connections_max", "gauge", "Connections that there may be.");
    text.sample("", "", gauges.max_connections);
    text.family("stress", "gauge", "1 while most connections are taken.");
    text.sample("", "", gauges.stress ? 1 : 0);
    text.family("connections", "counter", "Connections accepted.");
    text.counter("protocol=\"smtp\"", connections_.smtp);
    text.counter("protocol=\"lmtp\"", connections_.lmtp);
    text.counter("protocol=\"pop3\"", connections_.pop3);
    text.family("logins", "counter", "Logins tried.");
    text.counter("result=\"ok\"", logins_ok_);
    text.counter("result=\"refused\"", logins_refused_);
    text.family("deliveries", "counter", "Messages into mailboxes, one for each mailbox.");
    text.counter("result=\"ok\"", delivered_);
    text.counter("result=\"failed\"", refused_);
    text.family("messages_queued", "counter", "Messages taken into the queue of the relay.");
    text.counter("", queued_);
    text.family("received_octets", "counter", "Octets of messages delivered or queued.", "octets");
    text.counter("", received_octets_);
    text.family("retrievals", "counter", "Messages retrieved.");
    text.counter("", retrievals_);
    text.family("retrieved_octets", "counter", "Octets of messages retrieved.", "octets");
    text.counter("", retrieved_octets_);
    text.family("removals", "counter", "Messages removed by users.");
    text.counter("", removals_);
    text.family("reloads", "counter", "What SIGHUP came to.");
    text.counter("result=\"ok\"", reloads_ok_);
    text.counter("result=\"refused\"", reloads_refused_);
    text.family("errors", "counter", "Error events by kind.");
    for (std::size_t i = 0; i < kKindNames.size(); ++i)
        text.counter(fmt::format("kind=\"{}\"", kKindNames[i]), errors_[i]);
    text.family("replies", "counter", "Replies by class.");
    for (std::size_t i = 0; i < smtp_replies_.size(); ++i)
        text.counter(fmt::format("class=\"{}xx\"", i + 2), smtp_replies_[i]);
    text.counter("class=\"ok\"", pop3_ok_);
    text.counter("class=\"err\"", pop3_err_);
    text.family("reply_seconds", "histogram", "Time from a command to its reply.", "seconds");
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < times_.size(); ++i) {
        count += times_[i].load(std::memory_order_relaxed);
        const std::string bound = i < kBounds.size() ? fmt::format("{}", kBounds[i]) : "+Inf";
        text.sample("_bucket", fmt::format("le=\"{}\"", bound), count);
    }
    text.sample("_count", "", count);
    text.sample("_sum", "", static_cast<double>(time_sum_.load(std::memory_order_relaxed)) / 1e9);
    text.family("background_jobs", "gauge",
                "Password checks and openings of maildrops that wait for a thread.");
    text.sample("", "", gauges.background_jobs);
    text.family("spool_octets", "gauge", "Octets of messages in flight that are held in memory.", "octets");
    text.sample("", "", gauges.spool_octets);
    text.family("queue_messages", "gauge", "Messages in the queue of the relay.");
    text.sample("", "", gauges.queue_messages);
    return text.finish();
}

}  // namespace mailpipe::app::serve

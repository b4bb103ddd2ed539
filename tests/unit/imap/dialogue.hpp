#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mailpipe/imap/client_session.hpp"
#include "tests/support/transcript.hpp"

namespace mailpipe::imap::test {

using mailpipe::test::TranscriptLine;

inline TranscriptLine client(std::string_view line) {
    return {true, false, std::string(line) + "\r\n"};
}
inline TranscriptLine server(std::string_view line) {
    return {false, false, std::string(line) + "\r\n"};
}
inline TranscriptLine tls() {
    return {true, true, {}};
}

inline std::string join(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words)
        out += (out.empty() ? "" : " ") + word;
    return out;
}

constexpr std::string_view kErrcNames[] = {
    "usage",     "config", "data",     "not_found",   "no_user", "no_host", "unavailable",   "temporary",
    "permanent", "auth",   "protocol", "unsupported", "limit",   "io",      "cannot_create", "tls"};
constexpr std::string_view kCommandNames[] = {
    "select", "search", "sort", "thread", "fetch", "store", "expunge", "logout", "copy",  "move",
    "append", "create", "list", "status", "quota", "idle",  "noop",    "enable", "notify"};

inline std::string describe(const Error& error) {
    return std::string(kErrcNames[static_cast<int>(error.kind)]) + ": " + error.message;
}

struct Describe {
    std::string operator()(const wire::NeedInput&) const { return "need input"; }
    std::string operator()(const wire::Output&) const { return "output"; }
    std::string operator()(const wire::StartTls&) const { return "start tls"; }
    std::string operator()(const wire::Failed& step) const { return "failed " + describe(step.error); }
    std::string operator()(const Ready& step) const { return "ready " + join(step.capabilities); }
    std::string operator()(const Alert& step) const { return "alert " + step.text; }
    std::string operator()(const Selected& step) const {
        return "selected " + step.mailbox + " exists=" + std::to_string(step.exists) +
               " validity=" + std::to_string(step.uid_validity) + " next=" + std::to_string(step.uid_next) +
               (step.read_only ? " read-only" : "") + (step.persistent_uids ? "" : " not-sticky") +
               news_of(step);
    }
    static std::string news_of(const Selected& step) {
        std::string out = step.highest_modseq == 0 ? "" : " modseq=" + std::to_string(step.highest_modseq);
        if (step.resynced) out += " resynced";
        for (const UidRange& range : step.vanished)
            out += " -" + std::to_string(range.first) + ":" + std::to_string(range.last);
        for (const FlagNews& one : step.changed)
            out += " " + std::to_string(one.uid) + (one.seen ? "seen" : "unseen");
        return out;
    }
    std::string operator()(const SearchResult& step) const {
        std::string out = "search";
        for (const std::uint32_t uid : step.uids)
            out += " " + std::to_string(uid);
        return out;
    }
    std::string operator()(const SearchCount& step) const { return "count " + std::to_string(step.count); }
    std::string operator()(const SortResult& step) const {
        std::string out = "sorted";
        for (const std::uint32_t uid : step.uids)
            out += " " + std::to_string(uid);
        return out;
    }
    std::string operator()(const ThreadResult& step) const {
        std::string out = "threads";
        for (const ThreadedMessage& message : step.messages)
            out += " " + std::to_string(message.uid) + "@" + std::to_string(message.depth);
        return out;
    }
    std::string operator()(const BodyBegin& step) const {
        return "body " + std::to_string(step.sequence_number) + " size=" + std::to_string(step.size);
    }
    std::string operator()(const BodyData& step) const { return "data " + std::string(step.octets); }
    std::string operator()(const Fetched& step) const {
        const FetchedMessage& m = step.message;
        return "fetched " + std::to_string(m.sequence_number) + " uid=" + std::to_string(m.uid) +
               " size=" + (m.size ? std::to_string(*m.size) : "?") + " (" + join(m.flags) + ")" +
               (m.internal_date.empty() ? "" : " " + m.internal_date) + (m.has_body ? " body" : "");
    }
    std::string operator()(const Copied& step) const {
        std::string out = "copied validity=" + std::to_string(step.uid_validity);
        for (std::size_t i = 0; i < step.from.size(); ++i)
            out += " " + std::to_string(step.from[i]) + ">" + std::to_string(step.to.at(i));
        return out;
    }
    std::string operator()(const AppendMore& step) const { return "more " + std::to_string(step.octets); }
    std::string operator()(const Appended& step) const {
        std::string out = "appended validity=" + std::to_string(step.uid_validity) + " uid=";
        for (const std::uint32_t uid : step.uids)
            out += (out.ends_with('=') ? "" : ",") + std::to_string(uid);
        return out + (step.uids.empty() ? "0" : "");
    }
    std::string operator()(const ListedMailbox& step) const {
        return "listed " + step.name + " \"" + step.delimiter + "\" (" + join(step.attributes) + ")" +
               (step.is_addressable ? "" : " not addressable");
    }
    std::string operator()(const MailboxStatus& step) const {
        std::string out = "status " + step.name;
        for (const auto& number : {step.messages, step.unseen, step.uid_next, step.uid_validity, step.size})
            out += " " + (number ? std::to_string(*number) : "-");
        return out;
    }
    std::string operator()(const QuotaRoots& step) const {
        return "roots " + step.mailbox + ": " + join(step.roots);
    }
    std::string operator()(const Quota& step) const {
        std::string out = "quota \"" + step.root + "\"";
        for (const Quota::Resource& one : step.resources)
            out += " " + one.name + " " + std::to_string(one.used) + "/" + std::to_string(one.limit);
        return out;
    }
    std::string operator()(const MailboxGrew& step) const { return "grew " + std::to_string(step.exists); }
    std::string operator()(const CommandDone& step) const {
        return "done " + std::string(kCommandNames[static_cast<int>(step.command)]);
    }
    std::string operator()(const Refused& step) const {
        return "refused " + std::string(kCommandNames[static_cast<int>(step.command)]) + " " +
               describe(step.error);
    }
    std::string operator()(const Closed&) const { return "closed"; }
};

using OnEvent = std::function<void(ClientSession&, const ClientStep&)>;

constexpr std::size_t kWhole = static_cast<std::size_t>(-1);
constexpr std::size_t kEveryByte = static_cast<std::size_t>(-2);

// Plays a dialogue against a session and returns its events, those of BodyData merged. `split` is the offset in
// all that the server says at which it pauses, or kWhole, or kEveryByte.
class Dialogue {
 public:
    Dialogue(ClientOptions options, OnEvent on_event, std::size_t split = kWhole)
        : session_(std::move(options)), on_event_(std::move(on_event)), split_(split) {}

    std::vector<std::string> play(const std::vector<TranscriptLine>& lines, bool eof_after = false) {
        std::string block;
        for (const TranscriptLine& line : lines) {
            if (!line.from_client && !line.tls_starts) {
                block += line.octets;
                continue;
            }
            say(block);
            if (line.tls_starts) {
                EXPECT_TRUE(tls_asked_) << "no StartTls";
                session_.tls_started();
                drain();
            } else {
                EXPECT_EQ(sent_.substr(0, line.octets.size()), line.octets);
                sent_.erase(0, std::min(sent_.size(), line.octets.size()));
            }
        }
        say(block);
        if (eof_after) {
            session_.feed_eof();
            drain();
        }
        EXPECT_EQ(sent_, "") << "sent and not in the transcript";
        return events_;
    }

    ClientSession& session() { return session_; }

 private:
    void say(std::string& block) {
        drain();
        while (!block.empty()) {
            std::size_t count = block.size();
            if (split_ == kEveryByte) count = 1;
            if (split_ != kWhole && said_ < split_ && split_ < said_ + count) count = split_ - said_;
            session_.feed(std::string_view(block).substr(0, count));
            said_ += count;
            block.erase(0, count);
            drain();
        }
    }

    void drain() {
        while (!over_) {
            const ClientStep step = session_.next();
            if (std::holds_alternative<wire::NeedInput>(step)) return;
            if (const auto* out = std::get_if<wire::Output>(&step)) {
                sent_ += out->octets;
                continue;
            }
            tls_asked_ = tls_asked_ || std::holds_alternative<wire::StartTls>(step);
            over_ = std::holds_alternative<wire::Failed>(step) || std::holds_alternative<Closed>(step);
            record(step);
            if (on_event_) on_event_(session_, step);
        }
    }

    void record(const ClientStep& step) {
        const auto* data = std::get_if<BodyData>(&step);
        if (data != nullptr && !events_.empty() && events_.back().compare(0, 5, "data ") == 0) {
            events_.back() += data->octets;
        } else {
            events_.push_back(std::visit(Describe{}, step));
        }
    }

    ClientSession session_;
    OnEvent on_event_;
    std::size_t split_;
    std::size_t said_ = 0;
    std::string sent_;
    std::vector<std::string> events_;
    bool tls_asked_ = false;
    bool over_ = false;
};

inline ClientOptions plain_options() {
    ClientOptions options;
    options.tls = TlsUse::none;
    options.allow_plaintext_auth = true;
    options.user = "alice";
    options.password = Secret("secret");
    return options;
}

// Plays it whole, octet by octet and split at every place: the events must not differ.
inline std::vector<std::string> play_split(const ClientOptions& options, const OnEvent& on_event,
                                           const std::vector<TranscriptLine>& lines, bool eof_after = false) {
    const auto whole = Dialogue(options, on_event).play(lines, eof_after);
    EXPECT_EQ(Dialogue(options, on_event, kEveryByte).play(lines, eof_after), whole) << "octet by octet";
    std::size_t octets = 0;
    for (const TranscriptLine& line : lines)
        octets += line.from_client ? 0 : line.octets.size();
    for (std::size_t split = 1; split < octets; ++split) {
        EXPECT_EQ(Dialogue(options, on_event, split).play(lines, eof_after), whole) << "split at " << split;
    }
    return whole;
}

// A logged-in session: greeting and LOGIN.
inline std::vector<TranscriptLine> logged_in(std::string_view capabilities = "IMAP4rev1 UIDPLUS LITERAL+") {
    return {server("* OK [CAPABILITY " + std::string(capabilities) + "] hello"),
            client("A1 LOGIN \"alice\" \"secret\""),
            server("A1 OK [CAPABILITY " + std::string(capabilities) + "] in")};
}

// And SELECT INBOX as A2.
inline std::vector<TranscriptLine> selected(std::string_view capabilities = "IMAP4rev1 UIDPLUS LITERAL+") {
    auto lines = logged_in(capabilities);
    lines.push_back(client("A2 EXAMINE \"INBOX\""));
    lines.push_back(server("* 3 EXISTS"));
    lines.push_back(server("* OK [UIDVALIDITY 17] ok"));
    lines.push_back(server("A2 OK [READ-ONLY] done"));
    return lines;
}

inline std::vector<TranscriptLine> operator+(std::vector<TranscriptLine> a,
                                             const std::vector<TranscriptLine>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

// Events behind the one that begins with `marker`.
inline std::vector<std::string> behind(const std::vector<std::string>& events, std::string_view marker) {
    for (std::size_t i = 0; i < events.size(); ++i) {
        if (events[i].compare(0, marker.size(), marker) == 0) {
            return {events.begin() + static_cast<std::ptrdiff_t>(i) + 1, events.end()};
        }
    }
    ADD_FAILURE() << "no event " << marker << " in:\n" << join(events);
    return {};
}

// Selects INBOX at Ready and queues a command at Selected.
inline OnEvent at_selected(std::function<void(ClientSession&)> action) {
    return [action = std::move(action)](ClientSession& session, const ClientStep& step) {
        if (std::holds_alternative<Ready>(step)) session.select("INBOX", true);
        if (std::holds_alternative<Selected>(step)) action(session);
    };
}

}  // namespace mailpipe::imap::test

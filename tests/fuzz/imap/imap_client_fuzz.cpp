#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mailpipe/imap/client_session.hpp"

// The input is what a server says: to a session that logs in and then has one command of each kind in flight.
// The first octet chooses the options and the size of the pieces; a 0xFF octet starts TLS or ends a piece.
namespace {

using namespace mailpipe;
using namespace mailpipe::imap;

struct Driver {
    explicit Driver(std::uint8_t choice)
        : session(options(choice)),
          two_fetches((choice & 8) != 0),
          changes((choice & 64) != 0),
          searches((choice & 128) != 0),
          news((choice & 3) == 3) {}

    static ClientOptions options(std::uint8_t choice) {
        ClientOptions options;
        options.tls = static_cast<TlsUse>((choice & 3) % 3);
        options.allow_plaintext_auth = (choice & 4) != 0;
        if ((choice & 16) == 0) options.user = "alice";
        options.password = Secret("secret");
        return options;
    }

    void queue_all() {
        if (news) session.notify({"INBOX", "B\xC3\xBCro"}, true);
        session.uid_search("SUBJECT {2}\r\n\xC3\xBC");
        if (searches) {
            session.uid_search_count("ALL");
            session.uid_search_partial("ALL", 2, ClientSession::End::last);
            session.uid_sort("(DISPLAYFROM)", "ALL");
            session.uid_thread("REFERENCES", "ALL");
        }
        session.uid_fetch("1:5,7", FetchBody::whole);
        if (two_fetches) session.uid_fetch("1:*", FetchBody::header, false);
        session.uid_store("1", FlagAction::add, {"\\Deleted"});
        session.uid_expunge("1");
        if (changes) {
            session.uid_copy("1:9", "x");
            session.uid_move("1:9", "x");
            session.append("x", {"\\Seen"}, "", 3);
            session.list(true);
            session.status("x");
            session.get_quota_root("x");
            session.idle();
        }
        session.logout();
    }

    void select() {
        if (news) session.enable({"QRESYNC", "UTF8=ACCEPT", "UIDONLY"});
        session.select("INBOX", true, news ? SelectNews::resync : SelectNews::none, {17, 90});
    }

    static void check(const Selected& selected) {
        for (const UidRange& range : selected.vanished) {
            if (range.first == 0 || range.first > range.last) std::abort();
        }
        for (const FlagNews& one : selected.changed) {
            if (one.uid == 0) std::abort();
        }
    }

    void check_notices() {
        for (const MailboxStatus& status : session.take_notices()) {
            if (status.name != "INBOX" && status.name != "B\xC3\xBCro") std::abort();
        }
    }

    // false when the session is over.
    bool drain() {
        while (true) {
            const ClientStep step = session.next();
            check_notices();
            if (std::holds_alternative<wire::NeedInput>(step)) return true;
            if (std::holds_alternative<wire::Failed>(step) || std::holds_alternative<Closed>(step))
                return false;
            if (std::holds_alternative<wire::StartTls>(step)) session.tls_started();
            if (std::holds_alternative<Ready>(step)) select();
            if (const auto* selected = std::get_if<Selected>(&step)) {
                check(*selected);
                queue_all();
            }
            if (std::holds_alternative<AppendMore>(step)) session.append_data("a");
            if (std::holds_alternative<MailboxGrew>(step)) session.idle_done();
            if (const auto* copied = std::get_if<Copied>(&step)) {
                if (copied->from.size() != copied->to.size()) std::abort();
            }
            if (const auto* begin = std::get_if<BodyBegin>(&step)) missing = begin->size;
            if (const auto* data = std::get_if<BodyData>(&step)) {
                if (data->octets.empty() || data->octets.size() > missing) std::abort();
                missing -= data->octets.size();
            }
            if (const auto* fetched = std::get_if<Fetched>(&step)) {
                if (missing != 0 || fetched->message.uid == 0) std::abort();
            }
        }
    }

    ClientSession session;
    bool two_fetches;
    bool changes;
    bool searches;
    bool news;
    std::uint64_t missing = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    Driver driver(data[0]);
    std::string_view octets(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::size_t piece = (data[0] & 32) != 0 ? 1 : 4096;
    while (!octets.empty()) {
        if (!driver.drain()) return 0;
        const std::string_view next = octets.substr(0, std::min(piece, octets.find('\xFF')));
        driver.session.feed(next);
        octets.remove_prefix(next.empty() ? 1 : next.size());
    }
    if (!driver.drain()) return 0;
    driver.session.feed_eof();
    if (driver.drain()) std::abort();
    return 0;
}

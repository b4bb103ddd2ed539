#include <algorithm>
#include <unordered_set>

#include "mailpipe/app/connection.hpp"
#include "mailpipe/app/list/list_source.hpp"
#include "mailpipe/app/list/uid_ranges.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/imap/client_session.hpp"
#include "mailpipe/mime/date.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kUidsAtOnce = 500;
constexpr std::size_t kFetchesInFlight = 2;

// RFC 8621 section 4.1.1: system flags as "$name", all in lower case; \Recent is no keyword.
std::vector<std::string> keywords_of(const std::vector<std::string>& flags) {
    std::vector<std::string> keywords;
    for (const std::string& flag : flags) {
        if (ascii::equals_ignore_case(flag, "\\Recent")) continue;
        std::string keyword = ascii::to_lower(flag);
        if (keyword[0] == '\\') keyword[0] = '$';
        keywords.push_back(std::move(keyword));
    }
    return keywords;
}

class ImapSource : public ListSource {
 public:
    ImapSource(Location location, Connection connection, imap::ClientOptions options, Listing& listing)
        : location_(std::move(location)),
          connection_(std::move(connection)),
          session_(std::move(options)),
          listing_(listing) {}

    ~ImapSource() override {
        // What the server says to LOGOUT changes nothing, the listing is complete. After a failure the end of
        // the connection must do.
        if (!idle_) return;
        session_.logout();
        [[maybe_unused]] const auto ignored = drive(session_, connection_);
    }

    Result<void> open() {
        auto ready = wait();
        if (!ready) return tl::unexpected(ready.error());
        session_.select(location_.mailbox, true);
        auto step = wait();
        if (!step) return tl::unexpected(step.error());
        const auto* selected = std::get_if<imap::Selected>(&*step);
        if (selected == nullptr) return unexpected_answer();
        idle_ = true;
        if (selected->persistent_uids && selected->uid_validity != 0) uid_validity_ = selected->uid_validity;
        return {};
    }

    Result<void> list_all() override {
        auto uids = search(listing_.query ? email::encode_search(listing_.query) : "ALL");
        if (!uids) return tl::unexpected(uids.error());
        return fetch(*uids);
    }

    Result<void> list_refs(const std::vector<Location>& refs) override {
        std::vector<std::uint32_t> uids;
        for (const Location& ref : refs) {
            if (ref.uid_validity && ref.uid_validity != uid_validity_) {
                const Error error{Errc::not_found,
                                  "no such message: the UIDVALIDITY of the mailbox has changed", std::nullopt};
                listing_.diagnostics.error(encode(ref), error);
            } else {
                uids.push_back(ref.uid.value_or(0));
            }
        }
        std::sort(uids.begin(), uids.end());
        uids.erase(std::unique(uids.begin(), uids.end()), uids.end());
        if (uids.empty()) return {};
        if (listing_.query) {
            auto found =
                search(email::encode_search(listing_.query) + " UID " + uid_ranges(uids.begin(), uids.end()));
            if (!found) return tl::unexpected(found.error());
            return fetch(*found);
        }
        by_ref_ = true;
        fetched_.clear();
        if (auto listed = fetch(uids); !listed) return listed;
        for (const Location& ref : refs) {
            if (ref.uid_validity && ref.uid_validity != uid_validity_) continue;
            if (fetched_.count(ref.uid.value_or(0)) > 0) continue;
            listing_.diagnostics.error(encode(ref), Error{Errc::not_found, "no such message", std::nullopt});
        }
        return {};
    }

 private:
    static Fail unexpected_answer() { return fail(Errc::protocol, "the server answers what was not asked"); }

    // The next event that is no alert and no refusal. The one in `step` is valid until the next call.
    Result<imap::ClientStep> wait() {
        while (true) {
            auto step = drive(session_, connection_);
            if (!step) return tl::unexpected(step.error());
            if (const auto* alert = std::get_if<imap::Alert>(&*step)) {
                listing_.diagnostics.note(encode(location_), "the server says: " + alert->text);
            } else if (auto* refused = std::get_if<imap::Refused>(&*step)) {
                return tl::unexpected(std::move(refused->error));
            } else {
                return step;
            }
        }
    }

    Result<std::vector<std::uint32_t>> search(std::string criteria) {
        idle_ = false;
        session_.uid_search(std::move(criteria));
        auto step = wait();
        if (!step) return tl::unexpected(step.error());
        auto* result = std::get_if<imap::SearchResult>(&*step);
        if (result == nullptr) return unexpected_answer();
        idle_ = true;
        return std::move(result->uids);
    }

    Result<void> fetch(const std::vector<std::uint32_t>& uids) {
        idle_ = false;
        auto next = uids.begin();
        std::size_t in_flight = 0;
        HeaderCollector header;
        while (true) {
            while (in_flight < kFetchesInFlight && next != uids.end()) {
                const auto count = std::min<std::ptrdiff_t>(uids.end() - next, kUidsAtOnce);
                session_.uid_fetch(uid_ranges(next, next + count), imap::FetchBody::header);
                next += count;
                ++in_flight;
            }
            if (in_flight == 0) {
                idle_ = true;
                return {};
            }
            auto step = wait();
            if (!step) return tl::unexpected(step.error());
            if (std::holds_alternative<imap::BodyBegin>(*step)) {
                header = {};
            } else if (const auto* data = std::get_if<imap::BodyData>(&*step)) {
                header.append(data->octets);
            } else if (auto* fetched = std::get_if<imap::Fetched>(&*step)) {
                // NIL: the message was expunged meanwhile.
                if (!fetched->message.has_body) continue;
                if (auto listed = write(fetched->message, header.take()); !listed) return listed;
            } else if (std::holds_alternative<imap::CommandDone>(*step)) {
                --in_flight;
            } else {
                return unexpected_answer();
            }
        }
    }

    Result<void> write(const imap::FetchedMessage& message, std::string header) {
        Candidate candidate;
        email::Context& context = candidate.context;
        context.mailbox = location_.mailbox;
        context.uid = message.uid;
        context.keywords = keywords_of(message.flags);
        context.size = message.size;
        if (const auto date = mime::parse_date(message.internal_date)) {
            context.received_at = mime::epoch_seconds(*date);
        }
        if (uid_validity_) {
            context.uid_validity = uid_validity_;
            Location ref = location_;
            ref.uid_validity = uid_validity_;
            ref.uid = message.uid;
            context.ref = encode(ref);
        }
        candidate.set_header(std::move(header));
        if (by_ref_) fetched_.insert(message.uid);
        return listing_.output.write(candidate);
    }

    Location location_;
    Connection connection_;
    imap::ClientSession session_;
    Listing& listing_;
    bool idle_ = false;  // selected, and nothing is in flight
    bool by_ref_ = false;
    std::optional<std::uint32_t> uid_validity_;  // nullopt: UIDs do not last, there are no refs
    std::unordered_set<std::uint32_t> fetched_;  // by list_refs
};

}  // namespace

Result<std::unique_ptr<ListSource>> open_imap_source(const Location& location, Listing& listing) {
    const ClientOptions& client = listing.options.client;
    auto user = login_user(location, client);
    if (!user) return tl::unexpected(user.error());
    auto password = login_password(location, *user, client);
    if (!password) return tl::unexpected(password.error());
    auto connection = open_connection(location, client);
    if (!connection) return tl::unexpected(connection.error());
    imap::ClientOptions options;
    options.tls = connection->tls;
    options.user = *user;
    options.password = std::move(*password);
    options.allow_plaintext_auth = connection->allow_plaintext_auth;
    options.trace = listing.trace_or_null();
    Location mailbox = location;
    mailbox.user = *user;
    auto source =
        std::make_unique<ImapSource>(std::move(mailbox), std::move(*connection), std::move(options), listing);
    if (auto opened = source->open(); !opened) return tl::unexpected(opened.error());
    return source;
}

}  // namespace mailpipe::app

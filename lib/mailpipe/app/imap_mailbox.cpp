#include "mailpipe/app/connection.hpp"
#include "mailpipe/app/message_source.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/imap/client_session.hpp"
#include "mailpipe/mime/date.hpp"

namespace mailpipe::app {
namespace {

// RFC 8621 section 4.1.1: system flags as "$name", all in lower case; \Recent is no keyword.
std::vector<std::string> keywords_of(const std::vector<std::string>& flags) {
    std::vector<std::string> keywords;
    for (const std::string& flag : flags) {
        if (flag.empty() || ascii::equals_ignore_case(flag, "\\Recent")) continue;
        std::string keyword = ascii::to_lower(flag);
        if (keyword[0] == '\\') keyword[0] = '$';
        keywords.push_back(std::move(keyword));
    }
    return keywords;
}

Fail unexpected_answer() {
    return fail(Errc::protocol, "the server answers what was not asked");
}

class ImapMailbox : public SourceMailbox, private store::MessageReader {
 public:
    ImapMailbox(Location location, Connection connection, imap::ClientOptions client, Diagnostics& diagnostics)
        : location_(std::move(location)),
          connection_(std::move(connection)),
          session_(std::move(client)),
          diagnostics_(diagnostics) {}

    ~ImapMailbox() override {
        // The messages are read; what the server says to LOGOUT changes nothing.
        if (!idle_) return;
        session_.logout();
        [[maybe_unused]] const auto ignored = drive(session_, connection_);
    }

    Result<void> open() {
        if (auto ready = wait(); !ready) return tl::unexpected(ready.error());
        session_.select(location_.mailbox, true);
        auto step = wait();
        if (!step) return tl::unexpected(step.error());
        const auto* selected = std::get_if<imap::Selected>(&*step);
        if (selected == nullptr) return unexpected_answer();
        if (selected->persistent_uids && selected->uid_validity != 0) uid_validity_ = selected->uid_validity;
        idle_ = true;
        return {};
    }

    Result<void> read_all(const MessageHandler& handler) override {
        session_.uid_search("ALL");
        auto step = wait();
        if (!step) return tl::unexpected(step.error());
        const auto* result = std::get_if<imap::SearchResult>(&*step);
        if (result == nullptr) return unexpected_answer();
        const std::vector<std::uint32_t> uids = result->uids;
        for (const std::uint32_t uid : uids) {
            auto read = fetch(uid, handler);
            if (!read && read.error().kind != Errc::not_found) return read;
        }
        return {};
    }

    Result<void> read_one(const Location& ref, const MessageHandler& handler) override {
        if (ref.uid_validity && ref.uid_validity != uid_validity_) {
            return fail(Errc::not_found, "no such message: the UIDVALIDITY of the mailbox has changed");
        }
        return fetch(ref.uid.value_or(0), handler);
    }

 private:
    // The next event that is no alert and no refusal. The one in `step` is valid until the next call.
    Result<imap::ClientStep> wait() {
        while (true) {
            auto step = drive(session_, connection_);
            if (!step) return tl::unexpected(step.error());
            if (const auto* alert = std::get_if<imap::Alert>(&*step)) {
                diagnostics_.note(encode(location_), "the server says: " + alert->text);
            } else if (auto* refused = std::get_if<imap::Refused>(&*step)) {
                return tl::unexpected(std::move(refused->error));
            } else {
                return step;
            }
        }
    }

    // Flags and dates are asked for in a command of their own, since a server may send them behind the body.
    Result<void> fetch(std::uint32_t uid, const MessageHandler& handler) {
        idle_ = false;
        const std::string set = std::to_string(uid);
        session_.uid_fetch(set, imap::FetchBody::none);
        session_.uid_fetch(set, imap::FetchBody::whole, false);
        email::Context context;
        bool found = false;
        for (int done = 0; done < 2;) {
            auto step = wait();
            if (!step) return tl::unexpected(step.error());
            if (std::holds_alternative<imap::BodyBegin>(*step)) {
                body_ends_ = false;
                found = true;
                if (auto handled = handler(context, *this); !handled) return handled;
                while (!body_ends_) {
                    if (auto rest = read(); !rest) return tl::unexpected(rest.error());
                }
            } else if (const auto* fetched = std::get_if<imap::Fetched>(&*step)) {
                if (done == 0) context = context_of(fetched->message);
            } else if (std::holds_alternative<imap::CommandDone>(*step)) {
                ++done;
            } else {
                return unexpected_answer();
            }
        }
        idle_ = true;
        if (!found) return fail(Errc::not_found, "no such message");
        return {};
    }

    // MessageReader: of the body that is coming.
    Result<std::string_view> read() override {
        if (body_ends_) return std::string_view();
        while (true) {
            auto step = wait();
            if (!step) return tl::unexpected(step.error());
            if (const auto* data = std::get_if<imap::BodyData>(&*step)) {
                if (!data->octets.empty()) return data->octets;
            } else if (std::holds_alternative<imap::Fetched>(*step)) {
                body_ends_ = true;
                return std::string_view();
            } else {
                return unexpected_answer();
            }
        }
    }

    email::Context context_of(const imap::FetchedMessage& message) const {
        email::Context context;
        context.mailbox = location_.mailbox;
        context.uid = message.uid;
        context.keywords = keywords_of(message.flags);
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
        return context;
    }

    Location location_;
    Connection connection_;
    imap::ClientSession session_;
    Diagnostics& diagnostics_;
    bool idle_ = false;  // selected, and nothing is in flight
    bool body_ends_ = true;
    std::optional<std::uint32_t> uid_validity_;  // nullopt: UIDs do not last, there are no refs
};

}  // namespace

Result<std::unique_ptr<SourceMailbox>> open_imap_mailbox(const Location& location,
                                                         const SourceOptions& options) {
    auto user = login_user(location, options.client);
    if (!user) return tl::unexpected(user.error());
    auto password = login_password(location, *user, options.client);
    if (!password) return tl::unexpected(password.error());
    auto connection = open_connection(location, options.client);
    if (!connection) return tl::unexpected(connection.error());
    imap::ClientOptions client;
    client.tls = connection->tls;
    client.user = *user;
    client.password = std::move(*password);
    client.allow_plaintext_auth = connection->allow_plaintext_auth;
    client.trace = options.trace;
    Location mailbox = location;
    mailbox.user = *user;
    auto source = std::make_unique<ImapMailbox>(std::move(mailbox), std::move(*connection), std::move(client),
                                                *options.diagnostics);
    if (auto opened = source->open(); !opened) return tl::unexpected(opened.error());
    return source;
}

}  // namespace mailpipe::app

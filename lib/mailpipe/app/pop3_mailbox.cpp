#include <unordered_map>

#include "mailpipe/app/connection.hpp"
#include "mailpipe/app/message_source.hpp"
#include "mailpipe/pop3/client_session.hpp"

namespace mailpipe::app {
namespace {

Fail unexpected_answer() {
    return fail(Errc::protocol, "the server answers what was not asked");
}

class Pop3Mailbox : public SourceMailbox, private store::MessageReader {
 public:
    Pop3Mailbox(Location location, Connection connection, pop3::ClientOptions client)
        : location_(std::move(location)), connection_(std::move(connection)), session_(std::move(client)) {}

    ~Pop3Mailbox() override {
        // The reply is waited for, since the server may hold a lock on the maildrop until then.
        if (!idle_) return;
        session_.quit();
        [[maybe_unused]] const auto ignored = drive(session_, connection_);
    }

    Result<void> open() {
        auto step = wait();
        if (!step) return tl::unexpected(step.error());
        if (!std::holds_alternative<pop3::Ready>(*step)) return unexpected_answer();
        if (auto read = read_maildrop(); !read) return read;
        idle_ = true;
        return {};
    }

    Result<void> read_all(const MessageHandler& handler) override {
        for (const std::uint32_t number : numbers_) {
            if (auto read = retrieve(number, handler); !read) return read;
        }
        return {};
    }

    Result<void> read_one(const Location& ref, const MessageHandler& handler) override {
        const auto found = number_of_.find(ref.uidl.value_or(std::string()));
        if (found == number_of_.end() || found->second == kAmbiguous) {
            return fail(Errc::not_found, "no such message");
        }
        return retrieve(found->second, handler);
    }

 private:
    static constexpr std::uint32_t kAmbiguous = 0;  // a UIDL that several messages have names none of them

    Result<pop3::ClientStep> wait() { return drive(session_, connection_); }

    Result<void> read_maildrop() {
        session_.list();
        session_.uidl();
        for (int answers = 0; answers < 2; ++answers) {
            auto step = wait();
            if (!step) return tl::unexpected(step.error());
            if (auto* refused = std::get_if<pop3::Refused>(&*step)) {
                // Without UIDL (RFC 1939: optional) the messages have no refs, and are read all the same.
                if (refused->command != pop3::Command::uidl) return tl::unexpected(std::move(refused->error));
            } else if (const auto* listing = std::get_if<pop3::Listing>(&*step)) {
                for (const pop3::ScanListing& scan : listing->entries)
                    add(*listing, scan);
            } else {
                return unexpected_answer();
            }
        }
        return {};
    }

    void add(const pop3::Listing& listing, const pop3::ScanListing& scan) {
        if (!listing.is_uidl) {
            numbers_.push_back(scan.number);
            return;
        }
        const auto [entry, first] = number_of_.emplace(scan.uidl, scan.number);
        if (!first) entry->second = kAmbiguous;
        uidl_of_.emplace(scan.number, scan.uidl);
    }

    Result<void> retrieve(std::uint32_t number, const MessageHandler& handler) {
        idle_ = false;
        session_.retr(number);
        auto step = wait();
        if (!step) return tl::unexpected(step.error());
        if (auto* refused = std::get_if<pop3::Refused>(&*step)) {
            idle_ = true;
            refused->error.message = "message " + std::to_string(number) + ": " + refused->error.message;
            return tl::unexpected(std::move(refused->error));
        }
        if (!std::holds_alternative<pop3::MessageBegin>(*step)) return unexpected_answer();
        body_ends_ = false;
        email::Context context;
        const auto uidl = uidl_of_.find(number);
        if (uidl != uidl_of_.end() && number_of_[uidl->second] != kAmbiguous) {
            Location ref = location_;
            ref.uidl = uidl->second;
            context.uidl = uidl->second;
            context.ref = encode(ref);
        }
        if (auto handled = handler(context, *this); !handled) return handled;
        while (!body_ends_) {
            if (auto rest = read(); !rest) return tl::unexpected(rest.error());
        }
        idle_ = true;
        return {};
    }

    // MessageReader: of the message that is coming.
    Result<std::string_view> read() override {
        if (body_ends_) return std::string_view();
        while (true) {
            auto step = wait();
            if (!step) return tl::unexpected(step.error());
            if (const auto* data = std::get_if<pop3::MessageData>(&*step)) {
                if (!data->octets.empty()) return data->octets;
            } else if (std::holds_alternative<pop3::MessageEnd>(*step)) {
                body_ends_ = true;
                return std::string_view();
            } else {
                return unexpected_answer();
            }
        }
    }

    Location location_;
    Connection connection_;
    pop3::ClientSession session_;
    bool idle_ = false;  // logged in, and nothing is in flight
    bool body_ends_ = true;
    std::vector<std::uint32_t> numbers_;
    std::unordered_map<std::uint32_t, std::string> uidl_of_;
    std::unordered_map<std::string, std::uint32_t> number_of_;
};

}  // namespace

Result<std::unique_ptr<SourceMailbox>> open_pop3_mailbox(const Location& location,
                                                         const SourceOptions& options) {
    auto user = login_user(location, options.client);
    if (!user) return tl::unexpected(user.error());
    auto password = login_password(location, *user, options.client);
    if (!password) return tl::unexpected(password.error());
    auto connection = open_connection(location, options.client);
    if (!connection) return tl::unexpected(connection.error());
    pop3::ClientOptions client;
    client.tls = connection->tls;
    client.user = *user;
    client.password = std::move(*password);
    client.allow_plaintext_auth = connection->allow_plaintext_auth;
    client.trace = options.trace;
    Location mailbox = location;
    mailbox.user = *user;
    auto source = std::make_unique<Pop3Mailbox>(std::move(mailbox), std::move(*connection), std::move(client));
    if (auto opened = source->open(); !opened) return tl::unexpected(opened.error());
    return source;
}

}  // namespace mailpipe::app

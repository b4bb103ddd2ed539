#include "mailpipe/app/imap_client.hpp"
#include "mailpipe/app/message_source.hpp"

namespace mailpipe::app {
namespace {

class ImapMailbox : public SourceMailbox, private store::MessageReader {
 public:
    explicit ImapMailbox(std::shared_ptr<ImapClient> client) : client_(std::move(client)) {}

    Result<void> read_all(const MessageHandler& handler) override {
        const auto uids = client_->search("ALL");
        if (!uids) return tl::unexpected(uids.error());
        for (const std::uint32_t uid : *uids) {
            auto read = fetch(uid, handler);
            if (!read && read.error().kind != Errc::not_found) return read;
        }
        return {};
    }

    Result<void> read_one(const Location& ref, const MessageHandler& handler) override {
        if (client_->is_outdated(ref)) return tl::unexpected(client_->no_such_message(ref));
        return fetch(ref.uid.value_or(0), handler);
    }

 private:
    // Flags and dates are asked for in a command of their own, since a server may send them behind the body.
    Result<void> fetch(std::uint32_t uid, const MessageHandler& handler) {
        const std::string set = std::to_string(uid);
        client_->session().uid_fetch(set, imap::FetchBody::none);
        client_->session().uid_fetch(set, imap::FetchBody::whole, false);
        email::Context context;
        bool found = false;
        for (int done = 0; done < 2;) {
            auto step = client_->next_accepted();
            if (!step) return tl::unexpected(step.error());
            if (std::holds_alternative<imap::BodyBegin>(*step)) {
                body_ends_ = false;
                found = true;
                if (auto handled = handler(context, *this); !handled) return handled;
                while (!body_ends_) {
                    if (auto rest = read(); !rest) return tl::unexpected(rest.error());
                }
            } else if (const auto* fetched = std::get_if<imap::Fetched>(&*step)) {
                if (done == 0) context = client_->context_of(fetched->message);
            } else if (std::holds_alternative<imap::CommandDone>(*step)) {
                ++done;
            } else {
                return unexpected_answer();
            }
        }
        if (!found) return tl::unexpected(no_such_message());
        return {};
    }

    // MessageReader: of the body that is coming.
    Result<std::string_view> read() override {
        if (body_ends_) return std::string_view();
        while (true) {
            auto step = client_->next_accepted();
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

    std::shared_ptr<ImapClient> client_;
    bool body_ends_ = true;
};

}  // namespace

Result<std::unique_ptr<SourceMailbox>> open_imap_mailbox(const Location& location,
                                                         const SourceOptions& options) {
    auto client = open_imap(location, *options.accounts, options.trace, *options.diagnostics);
    if (!client) return tl::unexpected(client.error());
    return make_imap_mailbox(std::move(*client));
}

std::unique_ptr<SourceMailbox> make_imap_mailbox(std::shared_ptr<ImapClient> client) {
    return std::make_unique<ImapMailbox>(std::move(client));
}

}  // namespace mailpipe::app

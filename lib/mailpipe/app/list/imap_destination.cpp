#include <utility>

#include "mailpipe/app/imap_append.hpp"
#include "mailpipe/app/imap_client.hpp"
#include "mailpipe/app/list/destination.hpp"
#include "mailpipe/app/message_spool.hpp"

namespace mailpipe::app {
namespace {

// A server must know the size of a message before its first octet, and not every source does.
class ImapDestination : public Destination {
 public:
    ImapDestination(std::unique_ptr<ImapClient> client, Listing& listing)
        : client_(std::move(client)), listing_(listing) {}

    Result<void> begin(const email::Context& message) override {
        text_.clear();
        message_ = message;
        return {};
    }
    Result<void> append(std::string_view crlf_text) override { return text_.append(crlf_text); }
    void abandon() override { text_.clear(); }

    Result<bool> finish() override {
        const auto keywords = message_.keywords.value_or(std::vector<std::string>{});
        client_->session().append(client_->location().mailbox,
                                  {append_item(keywords, message_.received_at, text_.size())});
        std::uint64_t sent = 0;
        while (true) {
            auto step = client_->next();
            if (!step) return tl::unexpected(step.error());
            if (std::holds_alternative<imap::AppendMore>(*step)) {
                const auto piece = text_.read(sent);
                if (!piece) return tl::unexpected(piece.error());
                sent += piece->size();
                client_->session().append_data(*piece);
            } else if (const auto* appended = std::get_if<imap::Appended>(&*step)) {
                places_.push_back(place_of(*appended));
                return true;
            } else if (auto* refused = std::get_if<imap::Refused>(&*step)) {
                if (!concerns_one(refused->error)) return tl::unexpected(std::move(refused->error));
                listing_.diagnostics.error(message_.ref, refused->error);
                return false;
            } else {
                return unexpected_answer();
            }
        }
    }

    // APPEND was answered when the message was safe.
    Result<std::vector<email::Context>> commit() override { return std::exchange(places_, {}); }

 private:
    // Not one that every other message would meet as well.
    static bool concerns_one(const Error& error) {
        if (error.kind != Errc::permanent && error.kind != Errc::protocol) return false;
        return !error.reply || error.reply->enhanced != "OVERQUOTA";
    }

    email::Context place_of(const imap::Appended& appended) const {
        email::Context context;
        context.mailbox = client_->location().mailbox;
        context.keywords = message_.keywords;
        if (appended.uids.size() != 1) return context;
        context.uid = appended.uids.front();
        context.uid_validity = appended.uid_validity;
        Location ref = client_->location();
        ref.uid = context.uid;
        ref.uid_validity = context.uid_validity;
        context.ref = encode(ref);
        return context;
    }

    std::unique_ptr<ImapClient> client_;
    Listing& listing_;
    email::Context message_;
    MessageSpool text_;
    std::vector<email::Context> places_;
};

}  // namespace

Result<std::unique_ptr<Destination>> open_imap_destination(const Location& location, Listing& listing) {
    auto client = open_imap(location, listing.accounts, listing.trace_or_null(), listing.diagnostics,
                            ImapAccess::account);
    if (!client) return tl::unexpected(client.error());
    return std::make_unique<ImapDestination>(std::move(*client), listing);
}

}  // namespace mailpipe::app

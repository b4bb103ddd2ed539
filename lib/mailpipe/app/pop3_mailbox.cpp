#include "mailpipe/app/message_source.hpp"
#include "mailpipe/app/pop3_client.hpp"

namespace mailpipe::app {
namespace {

class Pop3Mailbox : public SourceMailbox, private store::MessageReader {
 public:
    explicit Pop3Mailbox(std::unique_ptr<Pop3Client> client) : client_(std::move(client)) {}

    Result<void> read_all(const MessageHandler& handler) override {
        for (const Pop3Entry& entry : client_->entries()) {
            if (auto read = retrieve(entry, handler); !read) return read;
        }
        return {};
    }

    Result<void> read_one(const Location& ref, const MessageHandler& handler) override {
        const Pop3Entry* entry = client_->find(ref);
        if (entry == nullptr) return tl::unexpected(no_such_message());
        return retrieve(*entry, handler);
    }

 private:
    Result<void> retrieve(const Pop3Entry& entry, const MessageHandler& handler) {
        client_->session().retr(entry.number);
        auto step = client_->next();
        if (!step) return tl::unexpected(step.error());
        if (auto* refused = std::get_if<pop3::Refused>(&*step)) {
            refused->error.message = "message " + std::to_string(entry.number) + ": " + refused->error.message;
            return tl::unexpected(std::move(refused->error));
        }
        if (!std::holds_alternative<pop3::MessageBegin>(*step)) return unexpected_answer();
        body_ends_ = false;
        if (auto handled = handler(client_->context_of(entry), *this); !handled) return handled;
        while (!body_ends_) {
            if (auto rest = read(); !rest) return tl::unexpected(rest.error());
        }
        return {};
    }

    // MessageReader: of the message that is coming.
    Result<std::string_view> read() override {
        if (body_ends_) return std::string_view();
        while (true) {
            auto step = client_->next();
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

    std::unique_ptr<Pop3Client> client_;
    bool body_ends_ = true;
};

}  // namespace

Result<std::unique_ptr<SourceMailbox>> open_pop3_mailbox(const Location& location,
                                                         const SourceOptions& options) {
    auto client = open_pop3(location, *options.accounts, options.trace);
    if (!client) return tl::unexpected(client.error());
    return std::make_unique<Pop3Mailbox>(std::move(*client));
}

}  // namespace mailpipe::app

#include "mailpipe/app/local_store.hpp"
#include "mailpipe/app/message_source.hpp"

namespace mailpipe::app {
namespace {

class StoreMailbox : public SourceMailbox {
 public:
    explicit StoreMailbox(std::shared_ptr<LocalStore> store) : store_(std::move(store)) {}

    Result<void> read_all(const MessageHandler& handler) override {
        const auto entries = store_->reader().list();
        if (!entries) return tl::unexpected(entries.error());
        for (const store::Entry entry : *entries) {
            auto read = read_entry(entry, handler);
            // Others may remove messages meanwhile.
            if (!read && read.error().kind != Errc::not_found) return read;
        }
        return {};
    }

    Result<void> read_one(const Location& ref, const MessageHandler& handler) override {
        const auto entry = store_->find(ref);
        if (!entry) return tl::unexpected(entry.error());
        if (!*entry) return tl::unexpected(no_such_message());
        return read_entry(**entry, handler);
    }

 private:
    Result<void> read_entry(const store::Entry& entry, const MessageHandler& handler) {
        auto message = store_->reader().open_entry(entry, std::move(spent_));
        if (!message) return tl::unexpected(message.error());
        spent_ = std::move(*message);
        store_->set_context(entry, context_);
        if (!context_.received_at) context_.received_at = spent_->received_at();
        return handler(context_, *spent_);
    }

    std::shared_ptr<LocalStore> store_;
    // Of the message before; their memory serves again.
    std::unique_ptr<store::MessageReader> spent_;
    email::Context context_;
};

}  // namespace

Result<std::unique_ptr<SourceMailbox>> open_store_mailbox(const Location& location) {
    auto store = LocalStore::open(location);
    if (!store) return tl::unexpected(store.error());
    return make_store_mailbox(std::make_shared<LocalStore>(std::move(*store)));
}

std::unique_ptr<SourceMailbox> make_store_mailbox(std::shared_ptr<LocalStore> store) {
    return std::make_unique<StoreMailbox>(std::move(store));
}

}  // namespace mailpipe::app

#include <unordered_map>

#include "mailpipe/app/message_source.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/store/open.hpp"

namespace mailpipe::app {
namespace {

class StoreMailbox : public SourceMailbox {
 public:
    StoreMailbox(Location location, std::unique_ptr<store::MailboxReader> reader)
        : location_(std::move(location)), reader_(std::move(reader)) {}

    Result<void> read_all(const MessageHandler& handler) override {
        const auto entries = reader_->list();
        if (!entries) return tl::unexpected(entries.error());
        for (const store::Entry& entry : *entries) {
            auto read = read_entry(entry, handler);
            // Others may remove messages meanwhile.
            if (!read && read.error().kind != Errc::not_found) return read;
        }
        return {};
    }

    Result<void> read_one(const Location& ref, const MessageHandler& handler) override {
        if (auto known = index(); !known) return known;
        const auto found = entries_.find(ref.id ? *ref.id : std::to_string(ref.mbox_offset.value_or(0)));
        if (found == entries_.end()) return fail(Errc::not_found, "no such message");
        return read_entry(found->second, handler);
    }

 private:
    Result<void> index() {
        if (indexed_) return {};
        auto entries = reader_->list();
        if (!entries) return tl::unexpected(entries.error());
        for (store::Entry& entry : *entries) {
            std::string id = entry.id;
            entries_.emplace(std::move(id), std::move(entry));
        }
        indexed_ = true;
        return {};
    }

    Result<void> read_entry(const store::Entry& entry, const MessageHandler& handler) {
        auto message = reader_->open(entry.id);
        if (!message) return tl::unexpected(message.error());
        email::Context context;
        Location ref = location_;
        if (location_.scheme == Scheme::maildir) {
            ref.id = entry.id;
        } else {
            ref.mbox_offset = ascii::parse_number(entry.id);
        }
        context.ref = encode(ref);
        context.keywords = entry.keywords;
        context.received_at = entry.received_at;
        return handler(context, **message);
    }

    Location location_;
    std::unique_ptr<store::MailboxReader> reader_;
    bool indexed_ = false;
    std::unordered_map<std::string, store::Entry> entries_;
};

}  // namespace

Result<std::unique_ptr<SourceMailbox>> open_store_mailbox(const Location& location) {
    const auto format = location.scheme == Scheme::maildir ? store::Format::maildir : store::Format::mbox;
    auto reader = store::open_reader(format, location.path);
    if (!reader) return tl::unexpected(reader.error());
    return std::make_unique<StoreMailbox>(location, std::move(*reader));
}

}  // namespace mailpipe::app

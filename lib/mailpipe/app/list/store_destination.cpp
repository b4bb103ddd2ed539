#include "mailpipe/app/list/destination.hpp"
#include "mailpipe/app/local_store.hpp"
#include "mailpipe/store/maildir_name.hpp"

namespace mailpipe::app {
namespace {

class StoreDestination : public Destination {
 public:
    StoreDestination(Location location, std::unique_ptr<store::MailboxWriter> writer)
        : location_(std::move(location)), writer_(std::move(writer)) {}

    Result<void> begin(const email::Context& message) override {
        keywords_ = message.keywords.value_or(store::Keywords{});
        received_at_ = message.received_at;
        return writer_->begin();
    }
    Result<void> append(std::string_view crlf_text) override { return writer_->append(crlf_text); }
    Result<bool> finish() override {
        std::optional<std::time_t> received_at;
        if (received_at_) received_at = static_cast<std::time_t>(*received_at_);
        if (auto staged = writer_->finish(keywords_, received_at); !staged)
            return tl::unexpected(staged.error());
        kept_.push_back(kept_of(keywords_));
        return true;
    }
    void abandon() override { writer_->abandon(); }

    Result<std::vector<email::Context>> commit() override {
        const auto ids = writer_->publish();
        if (!ids) return tl::unexpected(ids.error());
        if (auto settled = writer_->settle(); !settled) return tl::unexpected(settled.error());
        std::vector<email::Context> places;
        for (std::size_t i = 0; i < ids->size(); ++i) {
            email::Context& place = places.emplace_back();
            place.ref = ref_in_store(location_, (*ids)[i]);
            place.keywords = std::move(kept_[i]);
        }
        kept_.clear();
        return places;
    }

 private:
    // An mbox would have to change the message itself.
    store::Keywords kept_of(const store::Keywords& keywords) const {
        if (location_.scheme == Scheme::mbox) return {};
        return store::parse_flags(":2," + store::encode_flags(keywords));
    }

    Location location_;
    std::unique_ptr<store::MailboxWriter> writer_;
    store::Keywords keywords_;
    std::vector<store::Keywords> kept_;  // of each that is finished and not yet safe
    std::optional<std::int64_t> received_at_;
};

}  // namespace

Result<std::unique_ptr<Destination>> open_store_destination(const Location& location) {
    auto writer = store::open_writer(store_format(location), location.path);
    if (!writer) return tl::unexpected(writer.error());
    return std::make_unique<StoreDestination>(location, std::move(*writer));
}

}  // namespace mailpipe::app

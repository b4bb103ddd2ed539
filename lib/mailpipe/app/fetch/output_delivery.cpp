#include <utility>

#include "mailpipe/app/fetch/delivery.hpp"
#include "mailpipe/app/message_output.hpp"

namespace mailpipe::app {
namespace {

class OutputDelivery : public Delivery {
 public:
    OutputDelivery(MessageOutput& output, FetchState& state) : output_(output), state_(state) {}

    Result<std::vector<Delivered>> recover() override { return std::vector<Delivered>{}; }

    Result<void> begin(const Message& message) override {
        size_ = 0;
        email::Context context;
        context.ref = message.ref;
        context.mailbox = message.mailbox;
        context.uid_validity = message.uid_validity;
        if (message.uid_validity) context.uid = message.number;
        if (!message.uidl.empty()) context.uidl = message.uidl;
        if (message.uid_validity) context.keywords = message.keywords;
        context.received_at = message.received_at;
        context.size = message.size;
        return output_.begin(context);
    }

    Result<void> append(std::string_view crlf_text) override {
        size_ += crlf_text.size();
        return output_.append(crlf_text);
    }

    Result<void> finish(const Message& message) override {
        if (auto written = output_.finish(); !written) return written;
        delivered_.push_back({message.key, message.number, {}, size_, 0});
        if (message.key.empty()) return {};
        return state_.record_done({{message.key, size_, message.print, {}, now_seconds()}});
    }

    void abandon() override {}
    Result<std::vector<Delivered>> take() override { return std::exchange(delivered_, {}); }
    Result<std::vector<Delivered>> flush() override {
        if (auto synced = state_.sync(); !synced) return tl::unexpected(synced.error());
        return take();
    }

 private:
    MessageOutput& output_;
    FetchState& state_;
    std::uint64_t size_ = 0;
    std::vector<Delivered> delivered_;
};

}  // namespace

std::unique_ptr<Delivery> make_output_delivery(MessageOutput& output, FetchState& state) {
    return std::make_unique<OutputDelivery>(output, state);
}

}  // namespace mailpipe::app

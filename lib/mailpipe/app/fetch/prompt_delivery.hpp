#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mailpipe/app/fetch/delivery.hpp"

namespace mailpipe::app {

// A delivery that hands a message over when it is all there, and is told at once what has become of it. Nothing is
// left half done that recover() would have to see to: what is not recorded is handed over again.
class PromptDelivery : public Delivery {
 public:
    explicit PromptDelivery(FetchState& state) : state_(state) {}

    Result<std::vector<Delivered>> recover() override { return std::vector<Delivered>{}; }
    Result<void> begin(const Message& /*message*/) final {
        begun_ = std::chrono::steady_clock::now();
        size_ = 0;
        clear();
        return {};
    }
    Result<void> append(std::string_view crlf_text) final {
        size_ += crlf_text.size();
        return keep(crlf_text);
    }
    void abandon() final { clear(); }
    Result<std::vector<Delivered>> take() final { return std::exchange(delivered_, {}); }
    Result<std::vector<Delivered>> flush() final {
        if (auto synced = state_.sync(); !synced) return tl::unexpected(synced.error());
        return take();
    }

 protected:
    // Of the message that comes in.
    virtual void clear() = 0;
    virtual Result<void> keep(std::string_view crlf_text) = 0;

    // Of what finish() ends with.
    Result<void> accept(const Message& message, std::string to, std::vector<Error> missed = {}) {
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begun_;
        Delivered delivered{message.key, message.number, std::move(to), size_, seconds.count()};
        delivered.missed = std::move(missed);
        delivered_.push_back(std::move(delivered));
        auto recorded = state_.record_done({{message.key, size_, message.print, {}, now_seconds()}});
        // What a power failure takes back of the record is handed over again.
        if (recorded && begun_ - synced_ >= std::chrono::seconds(1)) {
            synced_ = begun_;
            recorded = state_.sync();
        }
        return recorded;
    }
    Result<void> refuse(const Message& message, Error error) {
        Delivered refused{message.key, message.number, {}, size_, -1};
        refused.refused = std::make_shared<const Error>(std::move(error));
        delivered_.push_back(std::move(refused));
        return {};
    }

 private:
    FetchState& state_;
    std::uint64_t size_ = 0;  // CRLF octets
    std::chrono::steady_clock::time_point begun_;
    std::chrono::steady_clock::time_point synced_;
    std::vector<Delivered> delivered_;
};

}  // namespace mailpipe::app

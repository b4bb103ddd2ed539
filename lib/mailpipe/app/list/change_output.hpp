#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mailpipe/app/list/list_sink.hpp"
#include "mailpipe/app/options.hpp"

namespace mailpipe::app {

// Holds what is selected for a change, and writes what has become of it: a line of JSON for each message, or
// its ref for people.
class ChangeOutput : public ListSink {
 public:
    ChangeOutput(const CommonOptions& options, std::optional<std::uint64_t> limit);

    Detail detail() const override { return Detail::context; }
    Prepared prepare(const Candidate& candidate) const override { return {candidate.context, {}, {}, {}}; }
    using ListSink::write;
    Result<void> write(Prepared message) override;
    Result<void> flush() override { return {}; }
    Result<void> count(std::size_t messages) override;
    // As the mailboxes have it.
    const Order& order() const override;
    Result<void> write_placed(const Candidate& candidate, const Placement&) override {
        return write(candidate);
    }
    std::uint64_t room() const override { return limit_ ? *limit_ - selected_ : UINT64_MAX; }
    bool full() const override { return limit_ && selected_ >= *limit_; }
    bool ended() const override { return failed_ || full(); }
    std::pair<std::size_t, std::size_t> wanted(std::size_t count) const override;

    // What has been selected since the last call.
    std::vector<email::Context> take() { return std::exchange(held_, {}); }
    // Of a message that is changed. Error io; nothing more is to be changed then.
    Result<void> write_changed(const email::Context& context);

 private:
    std::optional<std::uint64_t> limit_;
    bool as_text_;
    std::uint64_t selected_ = 0;
    std::vector<email::Context> held_;
    bool failed_ = false;
};

}  // namespace mailpipe::app

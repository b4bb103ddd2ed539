#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mailpipe/app/list/candidate.hpp"
#include "mailpipe/app/list/order.hpp"
#include "mailpipe/email/sort.hpp"
#include "mailpipe/email/thread.hpp"

namespace mailpipe::app {

// A message that is listed, as its sink wants it.
struct Prepared {
    email::Context context;  // as far as the sink wants it
    std::string record;
    std::vector<email::SortValue> sort_values;
    std::optional<email::ThreadFacts> thread_facts;
};

// Messages that are written as one.
struct Joined {
    std::string lines;
    std::uint64_t messages = 0;
    std::uint64_t octets = 0;  // of the messages

    // Keeps the memory.
    void clear() {
        lines.clear();
        messages = octets = 0;
    }
};

// Where the messages go that a source has found.
class ListSink {
 public:
    // What has to be known of each: that it is there, its context, or its header and size as well.
    enum class Detail { count, context, record };

    virtual ~ListSink() = default;
    virtual Detail detail() const = 0;
    // Most of the work; any thread may do it, while another writes.
    virtual Prepared prepare(const Candidate& candidate) const = 0;
    // In place of prepare() where each message is only written, behind the one before: no record then has memory of its
    // own, nor is it handed from thread to thread. false: this run needs prepare().
    virtual bool join(const Candidate& /*candidate*/, Joined& /*joined*/) const { return false; }
    // Errors: io; after it nothing more can be written. temporary when a signal asks to stop, or when nothing
    // more is wanted: that one, which full() tells apart, is not for the user.
    virtual Result<void> write(Prepared message) = 0;
    // What join() made, at once. Errors as of write().
    virtual Result<void> write_joined(const Joined& /*joined*/) { return {}; }
    // Nobody waits for what was written before the next pause; a source calls it there. Errors as of write().
    virtual Result<void> flush() = 0;
    Result<void> write(const Candidate& candidate) {
        auto written = write(prepare(candidate));
        return written ? flush() : written;
    }
    // Stands for writing so many, with Detail::count.
    virtual Result<void> count(std::size_t messages) = 0;

    // In which order all is wanted. A source that is alone may bring the messages in this order and write each by
    // write_placed(), whose errors are those of write(); others write() them, and the sink sorts.
    virtual const Order& order() const = 0;
    virtual Result<void> write_placed(const Candidate& candidate, const Placement& place) = 0;
    // How many more are wanted; UINT64_MAX: all.
    virtual std::uint64_t room() const = 0;

    virtual bool full() const = 0;
    // The other sources need not be tried: a write failed, or the limit is reached.
    virtual bool ended() const = 0;
    // Which of `count` messages that all match can still be wanted, first and last one: those at the end when
    // the order is reversed.
    virtual std::pair<std::size_t, std::size_t> wanted(std::size_t count) const = 0;
};

}  // namespace mailpipe::app

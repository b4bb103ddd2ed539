#pragma once

#include <cstddef>
#include <utility>

#include "mailpipe/app/list/candidate.hpp"

namespace mailpipe::app {

// Where the messages go that a source has found.
class ListSink {
 public:
    // What has to be known of each: that it is there, its context, or its header and size as well.
    enum class Detail { count, context, record };

    virtual ~ListSink() = default;
    virtual Detail detail() const = 0;
    // Errors: io; after it nothing more can be written. temporary when a signal asks to stop, or when nothing
    // more is wanted: that one, which full() tells apart, is not for the user.
    virtual Result<void> write(const Candidate& candidate) = 0;
    // Stands for writing so many, with Detail::count.
    virtual Result<void> count(std::size_t messages) = 0;

    virtual bool full() const = 0;
    // The other sources need not be tried: a write failed, or the limit is reached.
    virtual bool ended() const = 0;
    // Which of `count` messages that all match can still be wanted, first and last one: those at the end when
    // the order is reversed.
    virtual std::pair<std::size_t, std::size_t> wanted(std::size_t count) const = 0;
};

}  // namespace mailpipe::app

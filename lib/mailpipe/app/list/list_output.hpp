#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "mailpipe/app/list/arrangement.hpp"
#include "mailpipe/app/list/candidate.hpp"
#include "mailpipe/app/list/list.hpp"
#include "mailpipe/app/list/record.hpp"
#include "mailpipe/app/progress.hpp"

namespace mailpipe::app {

// What is written of all that is listed. Errors usage, of the sort keys, the thread algorithm or the fields.
struct ListForm {
    Order order;
    RecordFields fields;
    std::optional<std::uint64_t> limit;
    bool count = false;

    static Result<ListForm> of(const ListOptions& options);
};

// Writes what is listed to stdout, flushed line by line; with an order other than the natural one, at the end.
class ListOutput {
 public:
    ListOutput(const CommonOptions& options, ListForm form);

    // Errors: io; after it nothing more can be written. temporary when a signal asks to stop, or when nothing
    // more is wanted: that one, which full() tells apart, is not for the user.
    Result<void> write(const Candidate& candidate);
    // Writes what was held. Errors: those of write().
    Result<void> finish();

    // The other sources need not be tried: a write failed, or the limit is reached.
    bool ended() const { return failed_ || full(); }
    bool full() const { return form_.limit && written_ >= *form_.limit; }
    // Only whether a message matches is asked for; count() stands for writing so many.
    bool counts_only() const { return form_.count; }
    Result<void> count(std::size_t messages);
    // Which of `count` messages that all match can still be wanted, first and last one: those at the end when
    // the order is reversed.
    std::pair<std::size_t, std::size_t> wanted(std::size_t count) const;
    Progress& progress() { return progress_; }

 private:
    Result<void> write_held(const Arrangement::Placed& placed);
    Result<void> write_row(const email::Json& record, std::string_view branch);
    Result<void> write_line(std::string line);

    ListForm form_;
    Progress progress_;
    Arrangement arrangement_;
    bool table_ = false;
    bool color_ = false;
    bool heading_due_ = false;
    std::size_t width_ = 80;
    std::uint64_t written_ = 0;  // or counted
    bool failed_ = false;
};

}  // namespace mailpipe::app

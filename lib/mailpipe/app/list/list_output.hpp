#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "mailpipe/app/list/arrangement.hpp"
#include "mailpipe/app/list/candidate.hpp"
#include "mailpipe/app/list/list.hpp"
#include "mailpipe/app/list/list_sink.hpp"
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

// Writes what is listed to stdout as it comes; with an order other than the natural one, at the end.
class ListOutput : public ListSink {
 public:
    ListOutput(const CommonOptions& options, ListForm form);

    Detail detail() const override { return form_.count ? Detail::count : Detail::record; }
    Prepared prepare(const Candidate& candidate) const override;
    bool join(const Candidate& candidate, Joined& joined) const override;
    Result<void> write_joined(const Joined& joined) override;
    using ListSink::write;
    Result<void> write(Prepared message) override;
    Result<void> flush() override;
    Result<void> count(std::size_t messages) override;
    const Order& order() const override { return form_.order; }
    Result<void> write_placed(const Candidate& candidate, const Placement& place) override;
    std::uint64_t room() const override { return form_.limit ? *form_.limit - written_ : UINT64_MAX; }
    // Writes what was held. Errors: those of write().
    Result<void> finish();

    bool full() const override { return form_.limit && written_ >= *form_.limit; }
    bool ended() const override { return failed_ || full(); }
    std::pair<std::size_t, std::size_t> wanted(std::size_t count) const override;
    Progress& progress() { return progress_; }

 private:
    Result<void> begin_message(const email::Context& context);
    Result<void> write_held(const Arrangement::Placed& placed);
    Result<void> write_record(email::Json record, const Placement& place);
    std::string row(const email::Json& record, std::string_view branch) const;
    Result<void> write_line(std::string_view line);

    ListForm form_;
    Progress progress_;
    Arrangement arrangement_;
    bool table_ = false;
    bool color_ = false;
    bool heading_due_ = false;
    std::size_t width_ = 80;
    std::uint64_t written_ = 0;  // or counted
    std::string unwritten_;
    bool failed_ = false;
};

}  // namespace mailpipe::app

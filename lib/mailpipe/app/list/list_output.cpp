#include "mailpipe/app/list/list_output.hpp"

#include <unistd.h>

#include <algorithm>

#include "mailpipe/app/list/table.hpp"
#include "mailpipe/app/message_output.hpp"
#include "mailpipe/app/stop.hpp"
#include "mailpipe/app/terminal.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kMostUnwritten = 64 * 1024;

}  // namespace

Result<ListForm> ListForm::of(const ListOptions& options) {
    ListForm form;
    const auto refuse = [](const char* option, const Error& error) {
        return fail(error.kind, std::string(option) + ": " + error.message);
    };
    if (!options.sort.empty()) {
        auto program = email::parse_sort(options.sort);
        if (!program) return refuse("--sort", program.error());
        form.order.sort = std::move(*program);
    }
    if (!options.thread.empty()) {
        const auto algorithm = email::parse_thread_algorithm(options.thread);
        if (!algorithm) return refuse("--thread", algorithm.error());
        form.order.thread = *algorithm;
    }
    auto fields = RecordFields::parse(options.fields);
    if (!fields) return refuse("--fields", fields.error());
    form.fields = std::move(*fields);
    form.order.reverse = options.reverse;
    form.limit = options.limit;
    form.count = options.count;
    return form;
}

ListOutput::ListOutput(const CommonOptions& options, ListForm form)
    : form_(std::move(form)), progress_(options, true), arrangement_(form_.order) {
    const bool terminal = ::isatty(STDOUT_FILENO) == 1;
    table_ = options.output == OutputStyle::table || options.output == OutputStyle::text ||
             (options.output == OutputStyle::automatic && terminal && !form_.fields.are_chosen());
    color_ = use_color(options.color, STDOUT_FILENO);
    heading_due_ = table_;
    if (table_) width_ = terminal_width(STDOUT_FILENO);
}

std::pair<std::size_t, std::size_t> ListOutput::wanted(std::size_t count) const {
    if (!form_.limit || !form_.order.sort.empty() || form_.order.thread) return {0, count};
    const auto left = static_cast<std::size_t>(std::min<std::uint64_t>(count, *form_.limit - written_));
    return form_.order.reverse ? std::pair(count - left, count) : std::pair(std::size_t{0}, left);
}

Prepared ListOutput::prepare(const Candidate& candidate) const {
    Prepared message;
    message.context.size = candidate.context.size;
    if (form_.count) return message;
    if (form_.order.thread) message.context.ref = candidate.context.ref;
    arrangement_.prepare(candidate, message);
    const bool as_row = table_ && form_.order.is_natural();
    message.record = as_row ? row(form_.fields.record(candidate), {}) : form_.fields.line(candidate);
    return message;
}

bool ListOutput::join(const Candidate& candidate, Joined& joined) const {
    if (table_ || form_.limit || !form_.order.is_natural()) return false;
    ++joined.messages;
    joined.octets += candidate.context.size.value_or(0);
    if (form_.count) return true;
    form_.fields.append_line(candidate, joined.lines);
    joined.lines += '\n';
    return true;
}

Result<void> ListOutput::write_joined(const Joined& joined) {
    if (stop_requested()) return tl::unexpected(stopped_by_signal());
    progress_.add_octets(joined.octets);
    for (std::uint64_t i = 0; i < joined.messages; ++i)
        progress_.end_message();
    written_ += joined.messages;
    if (auto flushed = flush(); !flushed) return flushed;
    auto written = write_all(STDOUT_FILENO, joined.lines, "stdout");
    if (!written) failed_ = true;
    return written;
}

Result<void> ListOutput::begin_message(const email::Context& context) {
    if (stop_requested()) return tl::unexpected(stopped_by_signal());
    if (full()) return fail(Errc::temporary, "the limit is reached");
    progress_.add_octets(context.size.value_or(0));
    progress_.end_message();
    return {};
}

Result<void> ListOutput::write_placed(const Candidate& candidate, const Placement& place) {
    if (auto begun = begin_message(candidate.context); !begun) return begun;
    ++written_;
    if (!table_ && place.thread_id.empty()) return write_line(form_.fields.line(candidate));
    return write_record(form_.fields.record(candidate), place);
}

Result<void> ListOutput::write(Prepared message) {
    if (auto begun = begin_message(message.context); !begun) return begun;
    if (form_.count) return count(1);
    if (!form_.order.is_natural()) {
        arrangement_.add(std::move(message));
        return {};
    }
    ++written_;
    return write_line(message.record);
}

Result<void> ListOutput::write_line(std::string_view line) {
    if (heading_due_) {
        heading_due_ = false;
        unwritten_ += table_heading(width_) + '\n';
    }
    unwritten_ += line;
    unwritten_ += '\n';
    return unwritten_.size() < kMostUnwritten ? Result<void>() : flush();
}

Result<void> ListOutput::flush() {
    auto written = write_all(STDOUT_FILENO, unwritten_, "stdout");
    unwritten_.clear();
    if (!written) failed_ = true;
    return written;
}

Result<void> ListOutput::count(std::size_t messages) {
    written_ += form_.limit ? std::min<std::uint64_t>(messages, *form_.limit - written_) : messages;
    return {};
}

Result<void> ListOutput::finish() {
    if (failed_) return {};
    if (form_.count) {
        unwritten_ = std::to_string(written_) + '\n';
        return flush();
    }
    for (const Arrangement::Placed& placed : arrangement_.place()) {
        if (full()) break;
        if (stop_requested()) return tl::unexpected(stopped_by_signal());
        if (auto written = write_held(placed); !written) return written;
    }
    return flush();
}

Result<void> ListOutput::write_held(const Arrangement::Placed& placed) {
    const std::string& held = arrangement_.record(placed.record);
    ++written_;
    // A line as it is written already: only a table and threads need to know what is in it.
    if (!table_ && placed.place.thread_id.empty()) return write_line(held);
    return write_record(email::Json::parse(held), placed.place);
}

Result<void> ListOutput::write_record(email::Json record, const Placement& place) {
    if (table_) return write_line(row(record, place.branch));
    if (form_.fields.has("threadId")) record["threadId"] = place.thread_id;
    if (form_.fields.has("depth")) record["depth"] = place.depth;
    return write_line(email::dump(record));
}

std::string ListOutput::row(const email::Json& record, std::string_view branch) const {
    const std::string row = table_row(record, width_, branch);
    const auto keywords = record.find("keywords");
    const bool is_bold = color_ && keywords != record.end() && !keywords->contains("$seen");
    return is_bold ? "\x1b[1m" + row + "\x1b[0m" : row;
}

}  // namespace mailpipe::app

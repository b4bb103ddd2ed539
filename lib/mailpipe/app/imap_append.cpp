#include "mailpipe/app/imap_append.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "mailpipe/app/imap_flags.hpp"
#include "mailpipe/mime/date.hpp"

namespace mailpipe::app {
namespace {

// date-time = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE     RFC 3501 section 9
std::string date_time(std::int64_t epoch_seconds) {
    const mime::DateTime date = mime::utc_date(epoch_seconds);
    if (mime::epoch_seconds(date) != epoch_seconds || date.year < 1900) return {};
    return fmt::format("{:2}-{}-{:04} {:02}:{:02}:{:02} +0000", date.day, mime::month_name(date.month),
                       date.year, date.hour, date.minute, date.second);
}

}  // namespace

imap::AppendItem append_item(const std::vector<std::string>& keywords, std::optional<std::int64_t> received_at,
                             std::uint64_t size) {
    imap::AppendItem item;
    item.flags = flags_of_keywords(keywords);
    std::erase_if(item.flags, [](const std::string& flag) { return !imap::is_flag(flag); });
    if (received_at) item.internal_date = date_time(*received_at);
    item.size = size;
    return item;
}

}  // namespace mailpipe::app

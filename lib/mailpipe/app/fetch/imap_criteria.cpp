#include "mailpipe/app/fetch/imap_criteria.hpp"

#include <fmt/chrono.h>

#include <algorithm>

#include "mailpipe/email/search.hpp"

namespace mailpipe::app {
namespace {

constexpr std::int64_t kDay = 86'400;

std::string since(std::time_t now, std::int64_t age) {
    return fmt::format("SINCE {:%d-%b-%Y}", fmt::gmtime(now - std::min<std::int64_t>(age, now - kDay) - kDay));
}

}  // namespace

Result<std::string> imap_criteria(const Selection& selection, bool has_within, std::time_t now) {
    std::string keys;
    if (selection.seen != Seen::any) keys += selection.seen == Seen::seen ? "SEEN " : "UNSEEN ";
    if (selection.max_size) keys += "NOT LARGER " + std::to_string(*selection.max_size) + " ";
    if (selection.max_age)
        keys +=
            (has_within ? "YOUNGER " + std::to_string(*selection.max_age) : since(now, *selection.max_age)) +
            " ";
    if (!selection.search.empty()) keys += "(" + selection.search + ") ";
    if (keys.empty()) return std::string("ALL");
    keys.pop_back();
    auto query = email::parse_search(keys);
    if (!query) {
        Error error = query.error();
        error.message = "--search: " + error.message;
        return tl::unexpected(std::move(error));
    }
    return email::encode_search(*query);
}

}  // namespace mailpipe::app

#include <limits>

#include "mailpipe/app/fetch/retention.hpp"
#include "mailpipe/app/serve/limits/limits_options.hpp"
#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app {

Result<Rate> parse_rate(const std::string& text) {
    const std::size_t slash = text.find('/');
    if (slash != std::string::npos) {
        const auto count = ascii::parse_number(text.substr(0, slash));
        const auto seconds = parse_duration(text.substr(slash + 1));
        if (count && *count > 0 && *count <= std::numeric_limits<std::uint32_t>::max() && seconds &&
            *seconds > 0)
            return Rate{static_cast<std::uint32_t>(*count), std::chrono::seconds(*seconds)};
    }
    return fail(Errc::usage, "'" + text + "' is not a rate such as 100/1m or 5000/1d");
}

}  // namespace mailpipe::app

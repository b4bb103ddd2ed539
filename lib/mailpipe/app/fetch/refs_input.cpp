#include "mailpipe/app/fetch/refs_input.hpp"

#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <string>

#include "mailpipe/app/stop.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kPiece = 64 * 1024;

Result<Location> parse_line(std::string_view line, std::size_t number) {
    const std::string where = "stdin, line " + std::to_string(number);
    std::string ref(line);
    if (line.starts_with('{')) {
        const auto record = nlohmann::json::parse(line, nullptr, false);
        const auto found = record.is_object() ? record.find("ref") : record.end();
        if (record.is_discarded()) return fail(Errc::data, where + ": not a JSON object");
        if (found == record.end() || !found->is_string())
            return fail(Errc::data, where + ": no ref in the record");
        ref = found->get<std::string>();
    }
    auto location = parse_location(ref);
    if (!location) return fail(location.error().kind, where + ": " + location.error().message);
    if (!location->is_ref()) {
        return fail(Errc::usage, where + ": names no message; a ref has a UID or a UIDL");
    }
    return location;
}

}  // namespace

Result<void> read_refs(int fd, const std::function<void(Result<Location>)>& use) {
    std::string held;
    std::string piece(kPiece, '\0');
    std::size_t number = 0;
    bool too_long = false;
    const auto take_line = [&](std::string_view line) {
        ++number;
        line = ascii::trim(line);
        if (too_long) {
            use(fail(Errc::data, "stdin, line " + std::to_string(number) + ": longer than kRefLine (1 MiB)"));
        } else if (!line.empty()) {
            use(parse_line(line, number));
        }
        too_long = false;
    };
    while (!stop_requested()) {
        const ssize_t count = ::read(fd, piece.data(), piece.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail_errno(errno, "stdin");
        if (count == 0) {
            if (!held.empty() || too_long) take_line(held);
            return {};
        }
        std::string_view rest(piece.data(), static_cast<std::size_t>(count));
        while (!rest.empty()) {
            const std::size_t end = rest.find('\n');
            if (!too_long) held += rest.substr(0, end);
            if (held.size() > limits::kRefLine) {
                too_long = true;
                held.clear();
            }
            rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
            if (end == std::string_view::npos) break;
            take_line(held);
            held.clear();
        }
    }
    return {};
}

}  // namespace mailpipe::app

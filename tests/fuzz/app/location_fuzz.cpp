#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <tuple>

#include "mailpipe/app/location.hpp"
#include "mailpipe/base/ascii.hpp"

using namespace mailpipe;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

bool has_control(std::string_view text) {
    for (const char c : text) {
        if (ascii::is_control(c)) return true;
    }
    return false;
}

}  // namespace

// What is parsed comes back from its encoding, and no control character reaches what is sent to a server.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    std::ignore = app::without_password(text);
    // A bare path asks the file system.
    if (text.find(':') == std::string_view::npos) return 0;
    const auto location = app::parse_location(text);
    if (!location || location->scheme == app::Scheme::message_file) return 0;
    for (const auto* field : {&location->path, &location->user, &location->host, &location->mailbox}) {
        require(!has_control(*field));
    }
    require(!location->uidl || !has_control(*location->uidl));
    require(!location->id || location->id->find('/') == std::string::npos);
    const auto again = app::parse_location(app::encode(*location));
    require(again && *again == *location);
    const auto box = app::container(*location);
    const auto box_again = app::parse_location(app::encode(box));
    require(!box.is_ref() && box_again && *box_again == box);
    return 0;
}

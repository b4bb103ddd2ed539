#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/email/email.hpp"
#include "mailpipe/email/html_text.hpp"

using namespace mailpipe;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

}  // namespace

// Whatever the message holds, the record is one line of valid JSON in UTF-8.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view message(reinterpret_cast<const char*>(data), size);
    email::Context context;
    context.ref = std::string(message.substr(0, 20));
    context.keywords = {std::string(message.substr(0, 5))};
    email::EmailOptions options;
    options.max_body_value = size % 97;
    const email::Json json = email::email(message, context, options);
    const std::string line = email::dump(json);
    require(is_utf8(line));
    require(
        std::none_of(line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }));
    require(email::Json::accept(line));
    // A value that was cut is still UTF-8, so that nothing had to be replaced when it was written.
    for (const auto& [id, value] : json["bodyValues"].items())
        require(is_utf8(value["value"].get<std::string>()));
    require(is_utf8(json["preview"].get<std::string>()));
    email::html_text(message);
    return 0;
}

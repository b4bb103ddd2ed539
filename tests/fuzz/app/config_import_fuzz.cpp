#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "mailpipe/app/config/config.hpp"
#include "mailpipe/app/config/import.hpp"

using namespace mailpipe::app;

// The first octet chooses the dialect; what comes out is a configuration without errors.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto imported = config::import_config(static_cast<config::Dialect>(data[0] % 4), text);
    if (imported && !config::parse_config(*imported, "f", "/home/a").errors.empty()) std::abort();
    return 0;
}

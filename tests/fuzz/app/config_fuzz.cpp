#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mailpipe/app/config/config.hpp"

using namespace mailpipe::app;

// Text is accepted or explained; what is accepted can be applied, and no relative path is left of it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const config::Parsed parsed = config::parse_config(text, "f", "/home/a");
    for (const std::string& error : parsed.errors) {
        if (!error.starts_with("f:")) std::abort();
    }
    if (!parsed.errors.empty()) return 0;
    for (const config::Account& account : parsed.config.accounts) {
        if (account.sources.empty() && account.server.empty()) std::abort();
        config::Settings settings;
        for (const auto& [key, value] : account.settings) {
            if (!key->apply(value, settings)) std::abort();
        }
        const std::string& file = settings.fetch.client.password_file;
        if (!file.empty() && file.front() != '/') std::abort();
    }
    return 0;
}

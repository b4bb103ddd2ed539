#include "tools/mail-serve/size_option.hpp"

#include <charconv>
#include <optional>

namespace mailpipe::tools {
namespace {

// 1*DIGIT ["k" / "M" / "G"], powers of 1024.
std::optional<std::uint64_t> parse_size(const std::string& text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const std::string unit(end, text.data() + text.size());
    if (error != std::errc{} || end == text.data()) return std::nullopt;
    const unsigned shift = unit.empty() ? 0 : unit == "k" ? 10 : unit == "M" ? 20 : unit == "G" ? 30 : 64;
    if (shift == 64 || value == 0 || value > (UINT64_MAX >> 1 >> shift)) return std::nullopt;
    return value << shift;
}

}  // namespace

CLI::Option* add_size(CLI::App& app, const std::string& name, std::uint64_t& octets,
                      const std::string& description) {
    return app
        .add_option_function<std::string>(
            name, [&octets](const std::string& text) { octets = *parse_size(text); }, description)
        ->type_name("SIZE")
        ->check([](const std::string& text) {
            return parse_size(text) ? std::string()
                                    : "'" + text + "' is not a size such as 1000000, 500k or 50M";
        });
}

}  // namespace mailpipe::tools

#include "mailpipe/app/config/key_parts.hpp"

#include <gtest/gtest.h>

namespace mailpipe::app::config {
namespace {

std::string dots(int count) {
    std::string text;
    for (int i = 0; i < count; ++i)
        text += "a.";
    return text + "a";
}

TEST(ConfigKeyParts, CountsThoseOfKeys) {
    const struct {
        std::string text;
        std::optional<std::size_t> line;
    } rows[] = {
        {"", std::nullopt},
        {dots(15) + " = 1\n", std::nullopt},
        {dots(16) + " = 1\n", 1},
        {"a = 1\n[" + dots(16) + "]\n", 2},
        {"a = '''\n" + dots(20) + "\n'''\n" + dots(16) + "=1", 4},
        {"a = \"\"\"\n\\\"\"\"" + dots(20) + "\n\"\"\"\n", std::nullopt},
        {"a = '" + dots(20) + "'\nb = \"\\\"" + dots(20) + "\"\n", std::nullopt},
        {"# " + dots(20), std::nullopt},
        {"a = 1 # '\n" + dots(16), 2},
        {"a = 'open\n" + dots(16), 2},
        {"a = {" + dots(15) + " = 1, " + dots(15) + " = 1}", std::nullopt},
        {"a = {" + dots(16) + " = 1}", 1},
        {"'a'.\"b\".'c'." + dots(13), 1},
        {"a = [1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5]",
         std::nullopt},
    };
    for (const auto& row : rows)
        EXPECT_EQ(find_long_key(row.text), row.line) << row.text;
}

}  // namespace
}  // namespace mailpipe::app::config

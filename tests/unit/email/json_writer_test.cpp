#include "mailpipe/email/json_writer.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "mailpipe/base/terminal_text.hpp"

namespace mailpipe::email {
namespace {

using Json = nlohmann::ordered_json;

TEST(JsonWriter, Structure) {
    JsonWriter json;
    json.begin_object();
    json.key("a");
    json.begin_array();
    json.number(0);
    json.number(18446744073709551615U);
    json.null();
    json.boolean(true);
    json.end_array();
    json.key("b");
    json.begin_object();
    json.end_object();
    json.any_key("\"c\"");
    json.string("d");
    json.end_object();
    EXPECT_EQ(json.take(), R"({"a":[0,18446744073709551615,null,true],"b":{},"\"c\"":"d"})");
}

// As the library writes them, but for what would do harm on a terminal.
TEST(JsonWriter, EveryCharacter) {
    std::mt19937 random(8259);
    const std::vector<std::string> wide = {"\xC3\xA9", "\xE4\xB8\xAD", "\xF0\x9F\x98\x80", "\xEF\xBF\xBD",
                                           "\x7F",     "\xE2\x80\xAE", "\xF3\xA0\x81\x81"};
    for (int i = 0; i < 3000; ++i) {
        std::string text;
        for (std::size_t n = random() % 40; n > 0; --n) {
            const auto kind = random() % 4;
            text += kind == 0   ? std::string(1, static_cast<char>(random() % 128))
                    : kind == 1 ? wide[random() % wide.size()]
                                : std::string(1, static_cast<char>('a' + random() % 26));
        }
        JsonWriter json;
        json.string(text);
        ASSERT_EQ(json.take(), escape_hidden(Json(text).dump()));
    }
}

TEST(JsonWriter, WhatIsNotUtf8IsReplaced) {
    for (const char* text :
         {"\xFF", "a\xC3", "\xED\xA0\x80", "\xF8\x88\x80\x80\x80", "12345678\x80", "\xC0\xAF"}) {
        JsonWriter json;
        json.string(text);
        const Json parsed = Json::parse(json.take());
        EXPECT_NE(parsed.get<std::string>().find("\xEF\xBF\xBD"), std::string::npos);
    }
}

TEST(JsonWriter, HandsPiecesOn) {
    std::string whole;
    std::size_t largest = 0;
    JsonWriter json([&](std::string_view piece) {
        whole += piece;
        largest = std::max(largest, piece.size());
        return Result<void>();
    });
    json.begin_object();
    json.key("raw");
    json.begin_base64();
    const std::string octets(10'000, 'x');
    for (int i = 0; i < 1000; ++i)
        json.append_base64(octets);
    json.end_base64();
    json.end_object();
    EXPECT_TRUE(json.finish());
    EXPECT_LT(largest, 100'000U);
    EXPECT_EQ(whole.size(), std::string("{\"raw\":\"\"}").size() + (10'000'000 + 2) / 3 * 4);
    EXPECT_TRUE(Json::accept(whole));
}

TEST(JsonWriter, TheSinksFirstErrorStays) {
    int calls = 0;
    JsonWriter json(
        [&](std::string_view) -> Result<void> { return fail(Errc::io, "full " + std::to_string(++calls)); });
    for (int i = 0; i < 10; ++i)
        json.string(std::string(100'000, 'x'));
    const auto finished = json.finish();
    ASSERT_FALSE(finished);
    EXPECT_EQ(finished.error().message, "full 1");
    EXPECT_EQ(calls, 1);
}

TEST(JsonWriter, GoesOnInTheMemoryOfAText) {
    std::string text;
    std::string wanted;
    for (std::size_t i = 0; i < 2000; ++i) {
        JsonWriter json(std::move(text));
        const std::string value(i % 300, i % 7 == 0 ? '"' : 'x');
        json.string(value);
        json.end_line();
        text = json.take();
        wanted += Json(value).dump() + "\n";
    }
    EXPECT_EQ(text, wanted);
}

// Whatever room is left when it comes.
TEST(JsonWriter, GrowsAtAnyPlace) {
    for (std::size_t size = 0; size < 600; ++size) {
        JsonWriter json;
        json.begin_array();
        json.string(std::string(size, 'a'));
        json.string("\x01\xFF\u2028é\"");
        json.begin_base64();
        json.append_base64("abcd");
        json.end_base64();
        json.begin_object();
        json.any_key(std::string(size / 7, '\\'));
        json.number(size);
        json.end_object();
        json.end_array();
        const std::string text = json.take();
        ASSERT_TRUE(Json::accept(text)) << text;
        const Json parsed = Json::parse(text);
        EXPECT_EQ(parsed[0].get<std::string>().size(), size);
        EXPECT_EQ(parsed[1], "\u0001\uFFFD\u2028é\"");
        EXPECT_EQ(parsed[2], "YWJjZA==");
        EXPECT_EQ(parsed[3][std::string(size / 7, '\\')], size);
    }
}

}  // namespace
}  // namespace mailpipe::email

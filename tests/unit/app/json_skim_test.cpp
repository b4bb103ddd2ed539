#include "mailpipe/app/json_skim.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>

namespace mailpipe::app {
namespace {

using nlohmann::json;

std::string shown(std::string_view text) {
    std::vector<JsonMember> members;
    if (!skim_json_object(text, members)) return "no";
    std::string out;
    for (const JsonMember& member : members)
        out.append(member.key).append("=").append(member.value).append(";");
    return out;
}

std::string nested(int levels) {
    return "{\"a\":" + std::string(levels - 1, '[') + std::string(levels - 1, ']') + "}";
}

TEST(JsonSkim, Table) {
    const std::vector<std::pair<std::string, std::string>> rows = {
        {"{}", ""},
        {" \t\r\n{ } \n", ""},
        {R"({"a":"b"})", R"(a="b";)"},
        {R"({ "a" : "b" , "c" : [ 1 , { "d" : null } ] })", R"(a="b";c=[ 1 , { "d" : null } ];)"},
        {R"({"a":{"a":"b"},"a":-0,"":true,"f":false,"n":null,"e":[],"o":{}})",
         R"(a={"a":"b"};a=-0;=true;f=false;n=null;e=[];o={};)"},
        {R"({"a":"\"\\\/\b\f\n\r\t"})", R"(a="\"\\\/\b\f\n\r\t";)"},
        {R"({"a":123456789012345678})", "a=123456789012345678;"},
        {"{\"a\":\"gr\u00FC\u00DFe\"}", "a=\"gr\u00FC\u00DFe\";"},
        {nested(64), "a=" + std::string(63, '[') + std::string(63, ']') + ";"},
        // Unusual.
        {R"({"a":1234567890123456789})", "no"},
        {R"({"a":1.0})", "no"},
        {R"({"a":1e9})", "no"},
        {R"({"a":"\u00e9"})", "no"},
        {R"({"a\n":1})", "no"},
        {nested(66), "no"},
        // Wrong.
        {"", "no"},
        {"[]", "no"},
        {"{", "no"},
        {R"({"a"})", "no"},
        {R"({"a":})", "no"},
        {R"({"a":1,})", "no"},
        {R"({,"a":1})", "no"},
        {R"({"a":1 "b":2})", "no"},
        {R"({"a":[1,]})", "no"},
        {R"({"a":[1)", "no"},
        {R"({"a":[1})", "no"},
        {R"({"a":01})", "no"},
        {R"({"a":-})", "no"},
        {R"({"a":+1})", "no"},
        {R"({"a":tru})", "no"},
        {R"({"a":truex})", "no"},
        {R"({"a":"b})", "no"},
        {R"({"a":"\x"})", "no"},
        {R"({"a":"\)", "no"},
        {R"({a:1})", "no"},
        {R"({"a":1}})", "no"},
        {R"({"a":1}{})", "no"},
        {"{\"a\":\"\n\"}", "no"},
        {std::string("{\"a\":\"\0\"}", 9), "no"},
        {std::string("{}\0", 3), "no"},
        {"{\"a\":\"\xC0\x80\"}", "no"},
        {"{\"a\":\"\xED\xA0\x80\"}", "no"},
        {"{\"a\":\"\xFF\"}", "no"},
    };
    for (const auto& [text, members] : rows)
        EXPECT_EQ(shown(text), members) << text;
}

// What is taken is JSON for nlohmann's parser too, with the same members. Texts with a few wrong octets, which are of all
// kinds by their number.
TEST(JsonSkim, IsNeverMoreLenientThanTheParser) {
    const std::string good =
        R"({"ref":"maildir:\/a;ID=1","keywords":{"$seen":true,"x":false},"size":1999,"n":[-1,[],)"
        R"({"a":null}],"subject":"a \"b\" )"
        "\u00FC\U0001F600\"}";
    const std::string octets = "{}[]\",:\\\n\t 019-.eutfn/\x7F\x80\xC3\xED\xF0\xFF";
    std::mt19937 random(5);
    std::size_t taken = 0;
    for (int run = 0; run < 200'000; ++run) {
        std::string text = good;
        for (std::size_t wrong = random() % 3; wrong > 0; --wrong) {
            const std::size_t at = random() % text.size();
            const char octet = octets[random() % octets.size()];
            const auto how = random() % 3;
            if (how == 0) text[at] = octet;
            if (how == 1) text.insert(at, 1, octet);
            if (how == 2) text.erase(at, 1 + random() % 3);
        }
        std::vector<JsonMember> members;
        if (!skim_json_object(text, members)) continue;
        ++taken;
        const json whole = json::parse(text, nullptr, false);
        ASSERT_TRUE(whole.is_object()) << text;
        json found = json::object();
        for (const JsonMember& member : members)
            found[std::string(member.key)] = json::parse(member.value);
        ASSERT_EQ(found, whole) << text;
    }
    EXPECT_GT(taken, 50'000U);
}

}  // namespace
}  // namespace mailpipe::app

#include "mailpipe/email/email.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "mailpipe/base/terminal_text.hpp"
#include "tests/support/counted_work.hpp"

namespace mailpipe::email {
namespace {

const std::string kMessage =
    "From: a@b\r\nSubject: s\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n"
    "Content-Language: de, en\r\n\r\nGr=FC=DFe\r\nzwei\r\n\r\n"
    "--b\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n"
    "Content-Disposition: attachment; filename*=utf-8''%C3%BC.pdf\r\nContent-ID: <c@d>\r\nContent-Location: "
    "x/y\r\n\r\n"
    "aGVsbG8=\r\n--b--\r\n";

TEST(Email, WholeRecord) {
    EXPECT_EQ(
        dump(email(kMessage, {})),
        "{\"size\":" + std::to_string(kMessage.size()) +
            R"(,"from":[{"name":null,"email":"a@b"}],"subject":"s","hasAttachment":true,"preview":"Grüße zwei",)"
            R"("bodyStructure":{"type":"multipart/mixed","subParts":[)"
            R"({"partId":"1","size":13,"type":"text/plain","charset":"iso-8859-1","language":["de","en"]},)"
            R"({"partId":"2","size":5,"name":"ü.pdf","type":"application/pdf","disposition":"attachment",)"
            R"("cid":"c@d","location":"x/y"}]},)"
            R"("bodyValues":{"1":{"value":"Grüße\nzwei\n","isEncodingProblem":false,"isTruncated":false}},)"
            R"("textBody":[{"partId":"1","size":13,"type":"text/plain","charset":"iso-8859-1","language":["de","en"]}],)"
            R"("htmlBody":[{"partId":"1","size":13,"type":"text/plain","charset":"iso-8859-1","language":["de","en"]}],)"
            R"("attachments":[{"partId":"2","size":5,"name":"ü.pdf","type":"application/pdf",)"
            R"("disposition":"attachment","cid":"c@d","location":"x/y"}]})");
}

struct Row {
    std::string name;
    std::string message;
    std::string value;
    bool problem;
};

TEST(Email, BodyValues) {
    const Row rows[] = {
        {"plain", "\r\na\r\nb\rc\r\n", "a\nb\rc\n", false},
        {"undeclared UTF-8", "\r\n\u00fc", "\u00fc", true},
        {"undeclared 8-bit", "\r\n\xFC", "\u00fc", true},
        {"declared UTF-8", "Content-Type: text/plain; charset=utf-8\r\n\r\n\u00fc", "\u00fc", false},
        {"broken UTF-8", "Content-Type: text/plain; charset=utf-8\r\n\r\na\xFF", "a\uFFFD", true},
        {"unknown charset", "Content-Type: text/plain; charset=x-none\r\n\r\na", "a", true},
        {"unknown encoding", "Content-Transfer-Encoding: x-uue\r\n\r\na", "a", true},
        {"broken quoted-printable", "Content-Transfer-Encoding: quoted-printable\r\n\r\na=ZZ", "a=ZZ", true},
        {"NUL and controls", std::string("\r\na\0\x1b[31m\x7f", 11), std::string("a\0\x1b[31m\x7f", 9), false},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(row.name);
        const Json json = email(row.message, {});
        EXPECT_EQ(json["bodyValues"]["1"]["value"].get<std::string>(), row.value);
        EXPECT_EQ(json["bodyValues"]["1"]["isEncodingProblem"], row.problem);
        EXPECT_EQ(json["bodyValues"]["1"]["isTruncated"], false);
        const std::string line = dump(json);
        EXPECT_TRUE(is_utf8(line));
        EXPECT_TRUE(std::none_of(line.begin(), line.end(), [](char c) { return c >= 0 && c < 32; }));
    }
}

TEST(Email, TruncatesBetweenCharacters) {
    EmailOptions options;
    options.max_body_value = 4;
    const Json json = email("Content-Type: text/plain; charset=utf-8\r\n\r\nabc\u00fcd", {}, options);
    EXPECT_EQ(json["bodyValues"]["1"]["value"], "abc");
    EXPECT_EQ(json["bodyValues"]["1"]["isTruncated"], true);
    EXPECT_EQ(json["bodyStructure"]["size"], 6);
}

TEST(Email, Preview) {
    EXPECT_EQ(email("\r\n", {})["preview"], "");
    EXPECT_EQ(email("Content-Type: text/html\r\n\r\n<p>Hi&amp;</p><p>you</p>", {})["preview"], "Hi& you");
    std::string longer = "Content-Type: text/plain; charset=utf-8\r\n\r\n";
    for (int i = 0; i < 500; ++i)
        longer += "\u20ac";
    EXPECT_EQ(email(longer, {})["preview"].get<std::string>().size(), 256U * 3);
    EXPECT_EQ(email("Content-Type: application/pdf\r\n\r\nx", {})["preview"], "");
}

TEST(Email, HasAttachment) {
    const std::string head =
        "Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\nx\r\n--b\r\n"
        "Content-Type: image/png\r\n";
    EXPECT_EQ(email(head + "Content-Disposition: inline\r\n\r\nx\r\n--b--\r\n", {})["hasAttachment"], false);
    EXPECT_EQ(email(head + "\r\nx\r\n--b--\r\n", {})["hasAttachment"], true);
    EXPECT_EQ(email(head + "\r\nx\r\n--b--\r\n", {})["attachments"].size(), 1U);
}

TEST(Email, LimitsMetIsSaid) {
    std::string deep;
    for (int i = 0; i < 300; ++i)
        deep += "Content-Type: multipart/mixed; boundary=b" + std::to_string(i) + "\r\n\r\n--b" +
                std::to_string(i) + "\r\n";
    EXPECT_EQ(email(deep, {})["limitsMet"], Json({"mimeDepth"}));
    EXPECT_FALSE(email(kMessage, {}).contains("limitsMet"));
    EXPECT_TRUE(Json::accept(dump(email(deep, {}))));
}

TEST(Email, GarbageIsARecordToo) {
    std::string garbage;
    for (int i = 0; i < 4096; ++i)
        garbage += static_cast<char>((i * 7919) >> 3);
    for (const std::string& message : {std::string(), garbage, std::string(1, '\0'), "A: 1\r\n" + garbage}) {
        const std::string line = dump(email(message, {}));
        EXPECT_TRUE(is_utf8(line));
        EXPECT_TRUE(Json::accept(line));
    }
}

// threats.md: MIME bombs: parts, depth, cycles. Linear, which counted_work_test.py holds.
TEST(Email, MimeBombsLinear) {
    const std::string mixed = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    const std::vector<std::pair<std::string, std::string>> bombs = {
        {mixed, "--b\r\n\r\nx\r\n"},
        {mixed, "--b\r\nContent-Type: text/html\r\n\r\n<p>x\r\n"},
        {mixed, "--b\r\nContent-Type: message/rfc822\r\n\r\nx\r\n"},
        {"Content-Type: text/html\r\n\r\n", "<"},
        {"Content-Type: text/html\r\n\r\n", "<script"},
        {"Content-Type: text/html\r\n\r\n", "&#1"},
        {"Content-Type: text/plain; charset=utf-8\r\n\r\n", "\xFF\xE2\x82"},
        {"Content-Language: ", "a,"},
    };
    for (std::size_t i = 0; i < bombs.size(); ++i) {
        const auto make = [&](std::size_t n) {
            std::string text = bombs[i].first;
            while (n-- > 0)
                text += bombs[i].second;
            return text;
        };
        tests::count_doubling("bomb " + std::to_string(i), make, [](const std::string& message) {
            JsonWriter json;
            write_email(json, message, {});
        });
    }
}

TEST(Email, EveryCorpusMessageIsValidJsonAndUtf8) {
    namespace fs = std::filesystem;
    const fs::path corpora = MAILPIPE_CORPORA;
    if (!fs::is_directory(corpora)) GTEST_SKIP() << "no corpora at " << corpora;
    std::size_t messages = 0;
    for (const auto& entry : fs::recursive_directory_iterator(corpora)) {
        if (entry.path().extension() != ".eml" && entry.path().extension() != ".msg") continue;
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string message{std::istreambuf_iterator<char>(file), {}};
        const std::string line = dump(email(message, {}));
        EXPECT_TRUE(is_utf8(line)) << entry.path();
        EXPECT_TRUE(Json::accept(line)) << entry.path();
        ++messages;
    }
    EXPECT_GT(messages, 50U);
}

}  // namespace
}  // namespace mailpipe::email

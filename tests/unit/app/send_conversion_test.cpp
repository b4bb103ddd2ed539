#include "mailpipe/app/send/conversion.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"

namespace mailpipe::app {
namespace {

// "\n" stands for CRLF.
std::string crlf(std::string_view text) {
    std::string out;
    for (const char c : text)
        out += c == '\n' ? std::string("\r\n") : std::string(1, c);
    return out;
}

struct Row {
    std::string name;
    std::string text;
    std::string converted;  // empty: refused
    std::string says = {};  // in the error
    Unfit what = Unfit::eight_bit;
};

class SendConversion : public testing::TestWithParam<Row> {};

TEST_P(SendConversion, InPiecesOfAnySize) {
    const Row& row = GetParam();
    const std::string text = crlf(row.text);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, text.size()}) {
        OutgoingText from(TextUse::repaired);
        for (std::size_t at = 0; at < text.size(); at += piece)
            ASSERT_TRUE(from.append(std::string_view(text).substr(at, piece)).has_value());
        ASSERT_TRUE(from.finish().has_value());
        OutgoingText to(TextUse::submission);
        const auto done = convert(from, row.what, to);
        if (row.converted.empty()) {
            ASSERT_FALSE(done.has_value());
            EXPECT_NE(done.error().message.find(row.says), std::string::npos) << done.error().message;
            EXPECT_EQ(done.error().kind, row.what == Unfit::eight_bit ? Errc::unsupported : Errc::data);
            continue;
        }
        ASSERT_TRUE(done.has_value()) << done.error().message;
        std::string out;
        to.rewind();
        for (auto read = to.read(); read && !read->empty(); read = to.read())
            out += *read;
        EXPECT_EQ(out, crlf(row.converted));
        EXPECT_EQ(to.eight_bit(), row.what == Unfit::long_line && !ascii::is_ascii(row.text));
    }
}

const std::string kLong(1200, 'y');
const std::string kLongSoft = [] {
    std::string out;
    for (std::size_t at = 0; at < kLong.size(); at += 75)
        out += kLong.substr(at, 75) + (at + 75 < kLong.size() ? "=\n" : "");
    return out;
}();

INSTANTIATE_TEST_SUITE_P(
    EightBit, SendConversion,
    testing::Values(
        Row{"plain",
            "Subject: x\nMIME-Version: 1.0\nContent-Type: text/plain; "
            "charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
            "caf\xC3\xA9 \n.\n",
            "Subject: x\nMIME-Version: 1.0\nContent-Type: text/plain; "
            "charset=utf-8\nContent-Transfer-Encoding: "
            "quoted-printable\n\ncaf=C3=A9=20\n=2E\n"},
        Row{"nothing_to_do", "Subject: x\n\nascii = as is\n", "Subject: x\n\nascii = as is\n"},
        Row{"nobody_said_what_it_is", "Subject: x\n\ncaf\xC3\xA9\n",
            "Subject: x\nMIME-Version: 1.0\nContent-Type: text/plain; "
            "charset=utf-8\nContent-Transfer-Encoding: "
            "quoted-printable\n\ncaf=C3=A9\n"},
        Row{"nor_what_charset", "Subject: x\n\ncaf\xE9\n",
            "Subject: x\nMIME-Version: 1.0\nContent-Type: text/plain; "
            "charset=unknown-8bit\nContent-Transfer-Encoding: "
            "quoted-printable\n\ncaf=E9\n"},
        Row{"only_the_parts_concerned",
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: "
            "8bit\n\npreamble\n"
            "--b\n\nplain = part\n--b\nContent-Type: text/html\nContent-Transfer-Encoding:\n "
            "8bit\n\n<p>\xC3\xA9 "
            "\n--b\nContent-Type: application/json\n\n{\"\xC3\xA9\": 1}\n\n--b--\nepilogue\n",
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: "
            "7bit\n\npreamble\n"
            "--b\n\nplain = part\n--b\nContent-Type: text/html\nContent-Transfer-Encoding: "
            "quoted-printable\n\n<p>=C3=A9=20"
            "\n--b\nContent-Type: application/json\nContent-Transfer-Encoding: "
            "base64\n\neyLDqSI6IDF9DQo=\n--b--\nepilogue\n"},
        Row{"in_a_message_in_a_digest",
            "Content-Type: multipart/digest; boundary=\"=b\"\nMIME-Version: 1.0\n\n--=b\n\nSubject: "
            "inner\n\n\xC3\xA9\n--=b--\n",
            "Content-Type: multipart/digest; boundary=\"=b\"\nMIME-Version: 1.0\n\n--=b\n\nSubject: "
            "inner\nContent-Type: "
            "text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n=C3=A9\n--=b--\n"},
        Row{"part_that_ends_without_a_line",
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: "
            "text/plain\n\n\xC3\xA9=\n--b--\n",
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: "
            "text/plain\nContent-Transfer-Encoding: quoted-printable\n\n=C3=A9=3D\n--b--\n"},
        Row{"delimiter_of_another_is_text",
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n\xC3\xA9\n--bb\n--b--\n",
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; "
            "charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n=C3=A9\n--bb\n--b--\n"},
        Row{"signed",
            "MIME-Version: 1.0\nContent-Type: multipart/signed; boundary=b\n\n--b\n\n\xC3\xA9\n--b--\n", "",
            "a part that is signed (multipart/signed)"},
        Row{"header", "Subject: \xC3\xA9\n\nx\n", "", "in its header"},
        Row{"header_of_a_part",
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Description: "
            "\xC3\xA9\n\nx\n--b--\n",
            "", "in its header"},
        Row{"preamble",
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n\xC3\xA9\n--b\n\nx\n--b--\n", "",
            "between its parts"},
        Row{"labelled_as_encoded", "MIME-Version: 1.0\nContent-Transfer-Encoding: base64\n\n\xC3\xA9\n", "",
            "labelled as base64"},
        Row{"partial", "MIME-Version: 1.0\nContent-Type: message/partial\n\n\xC3\xA9\n", "",
            "message/partial"}),
    [](const auto& param) { return param.param.name; });

INSTANTIATE_TEST_SUITE_P(
    LongLines, SendConversion,
    testing::Values(
        Row{"text", "Subject: x\n\n" + kLong + "\n",
            "Subject: x\nMIME-Version: 1.0\nContent-Type: text/plain; "
            "charset=utf-8\nContent-Transfer-Encoding: "
            "quoted-printable\n\n" +
                kLongSoft + "\n",
            "", Unfit::long_line},
        Row{"eight_bit_elsewhere_stays",
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Transfer-Encoding: "
            "8bit\n\n\xC3\xA9\n--b\nContent-Type: text/plain\n\n" +
                kLong + "\n--b--\n",
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Transfer-Encoding: "
            "8bit\n\n\xC3\xA9\n--b\nContent-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n" +
                kLongSoft + "\n--b--\n",
            "", Unfit::long_line},
        Row{"base64_is_wrapped",
            "MIME-Version: 1.0\nContent-Transfer-Encoding: base64\n\n" + std::string(1000, 'A') + "\n" +
                std::string(8, 'B') + "\n",
            "MIME-Version: 1.0\nContent-Transfer-Encoding: base64\n\n" +
                [] {
                    std::string all = std::string(1000, 'A') + std::string(8, 'B');
                    std::string out;
                    for (std::size_t at = 0; at < all.size(); at += 76)
                        out += all.substr(at, 76) + "\n";
                    return out;
                }(),
            "", Unfit::long_line},
        Row{"header", "Subject: " + kLong + "\n\nx\n", "", "in its header", Unfit::long_line},
        Row{"quoted_printable",
            "MIME-Version: 1.0\nContent-Transfer-Encoding: quoted-printable\n\n" + kLong + "\n", "",
            "labelled as quoted-printable", Unfit::long_line}),
    [](const auto& param) { return param.param.name; });

// threats.md, MIME bombs: limits, not memory.
TEST(SendConversionLimits, PartsAndHeaders) {
    std::string many = crlf("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n");
    for (std::size_t i = 0; i <= limits::kMimeParts; ++i)
        many += "--b\r\n\r\nx\r\n";
    for (const std::string& text : {many, "X: " + std::string(limits::kHeaderSize, 'y') + "\r\n\r\n"}) {
        OutgoingText from(TextUse::repaired);
        ASSERT_TRUE(from.append(text).has_value());
        ASSERT_TRUE(from.finish().has_value());
        OutgoingText to;
        const auto done = convert(from, Unfit::eight_bit, to);
        ASSERT_FALSE(done.has_value());
        EXPECT_EQ(done.error().kind, Errc::limit) << done.error().message;
    }
}

using namespace std::string_literals;

// Octets as they are: no line is ended that was not.
TEST(SendConversion, BinaryBecomesBase64) {
    struct {
        std::string text, converted;
    } rows[] = {
        {"A: b\r\n\r\na\nb\0c\rd"s,
         "A: b\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
         "Content-Transfer-Encoding: base64\r\n\r\nYQpiAGMNZA==\r\n"},
        {"Content-Type: image/png\r\nContent-Transfer-Encoding: binary\r\n\r\n\n\r\n"s,
         "Content-Type: image/png\r\nMIME-Version: 1.0\r\nContent-Transfer-Encoding: base64\r\n\r\nCg0K\r\n"},
        {"A: b\r\n\r\nlines\r\n"s, "A: b\r\n\r\nlines\r\n"},
        {"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\nContent-Transfer-Encoding: "
         "binary\r\n\r\n"
         "--x\r\nContent-Type: a/b\r\nContent-Transfer-Encoding: binary\r\n\r\n\0\r\n--x\r\n\r\ntext\r\n--x--\r\n"s,
         "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\nContent-Transfer-Encoding: "
         "7bit\r\n\r\n"
         "--x\r\nContent-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n\r\nAA==\r\n--x\r\n\r\ntext\r\n--x--\r\n"s},
    };
    for (const auto& row : rows) {
        for (const std::size_t piece : {std::size_t{1}, row.text.size()}) {
            OutgoingText from(TextUse::binary);
            for (std::size_t at = 0; at < row.text.size(); at += piece)
                ASSERT_TRUE(from.append(std::string_view(row.text).substr(at, piece)).has_value());
            ASSERT_TRUE(from.finish().has_value());
            OutgoingText to(TextUse::relay);
            const auto done = convert(from, Unfit::binary, to);
            ASSERT_TRUE(done.has_value()) << done.error().message;
            std::string out;
            to.rewind();
            for (auto read = to.read(); read && !read->empty(); read = to.read())
                out += *read;
            EXPECT_EQ(out, row.converted);
        }
    }
    OutgoingText from(TextUse::binary);
    ASSERT_TRUE(from.append("A: b\nc\r\n\r\n").has_value() && from.finish().has_value());
    OutgoingText to(TextUse::relay);
    EXPECT_EQ(convert(from, Unfit::binary, to).error().kind, Errc::data);
}

}  // namespace
}  // namespace mailpipe::app

#include "mailpipe/wire/dot_stuffing.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mailpipe::wire {
namespace {

struct Decoded {
    std::string data;
    bool ended = false;
    std::string left;
    bool operator==(const Decoded&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Decoded& d) {
    return out << testing::PrintToString(d.data) << (d.ended ? " ended, left " : " open, left ")
               << testing::PrintToString(d.left);
}

Decoded decode(std::string_view octets, std::size_t first, std::size_t piece) {
    DotDecoder decoder;
    InputBuffer input;
    Decoded out;
    std::size_t at = 0;
    while (true) {
        const auto step = decoder.next(input);
        if (step.status == DotDecoder::Status::data) {
            EXPECT_FALSE(step.data.empty());
            out.data += step.data;
        } else if (step.status == DotDecoder::Status::end) {
            out.ended = true;
            break;
        } else if (at == octets.size()) {
            break;
        } else {
            const std::string_view next = octets.substr(at, at == 0 ? first : piece);
            input.append(next);
            at += next.size();
        }
    }
    out.left = std::string(input.view()) + std::string(octets.substr(at));
    return out;
}

struct Case {
    const char* octets;
    Decoded decoded;
};

const Case kCases[] = {
    {"", {"", false, ""}},
    {".\r\n", {"", true, ""}},
    {"a\r\n.\r\nQUIT\r\n", {"a\r\n", true, "QUIT\r\n"}},
    {"..\r\n.\r\n", {".\r\n", true, ""}},
    {".a\r\n..b\r\n...\r\n.\r\n", {"a\r\n.b\r\n..\r\n", true, ""}},
    {"\r\n\r\n.\r\n", {"\r\n\r\n", true, ""}},
    {"a", {"a", false, ""}},
    {"a\r\n.", {"a\r\n", false, "."}},
    {"a\r", {"a", false, "\r"}},
    {"a\r\n.\r", {"a\r\n", false, ".\r"}},
};

// threats.md: SMTP smuggling, in and out: only CRLF.CRLF ends data (CVE-2023-51764, -51765, -51766)
const Case kSmuggling[] = {
    {"a\n.\nb\r\n.\r\n", {"a\n.\nb\r\n", true, ""}},
    {"a\n.\r\nb\r\n.\r\n", {"a\n.\r\nb\r\n", true, ""}},
    {"a\r.\rb\r\n.\r\n", {"a\r.\rb\r\n", true, ""}},
    {"a\r.\r\nb\r\n.\r\n", {"a\r.\r\nb\r\n", true, ""}},
    {"a\r\n.\nb\r\n.\r\n", {"a\r\n\nb\r\n", true, ""}},
    {"a\r\n.\rb\r\n.\r\n", {"a\r\n\rb\r\n", true, ""}},
    {"a\r\n.\r\rb\r\n.\r\n", {"a\r\n\r\rb\r\n", true, ""}},
    {"a\r\r\n.\r\n", {"a\r\r\n", true, ""}},
    {"a\n\r\n.\r\n", {"a\n\r\n", true, ""}},
    {"a\r\n\r.\r\n.\r\n", {"a\r\n\r.\r\n", true, ""}},
    {".\n.\r\n.\r\n", {"\n.\r\n", true, ""}},
    {".\r.\r\n.\r\n", {"\r.\r\n", true, ""}},
};

void expect_decoded(const Case& c) {
    const std::size_t size = std::string_view(c.octets).size();
    for (std::size_t split = 1; split <= size + 1; ++split) {
        for (const std::size_t piece : {std::size_t{1}, size + 1}) {
            EXPECT_EQ(decode(c.octets, split, piece), c.decoded)
                << testing::PrintToString(c.octets) << " split at " << split << ", then by " << piece;
        }
    }
}

TEST(DotDecoder, SplitAtEveryOctet) {
    for (const Case& c : kCases)
        expect_decoded(c);
}

TEST(DotDecoder, Smuggling) {
    for (const Case& c : kSmuggling)
        expect_decoded(c);
}

TEST(DotDecoder, NextBody) {
    DotDecoder decoder;
    InputBuffer input;
    input.append("a\r\n.\r\n..b\r\n.\r\n");
    EXPECT_EQ(decoder.next(input).data, "a\r\n");
    EXPECT_EQ(decoder.next(input).status, DotDecoder::Status::end);
    EXPECT_EQ(decoder.next(input).data, ".b\r\n");
    EXPECT_EQ(decoder.next(input).status, DotDecoder::Status::end);
    EXPECT_TRUE(input.empty());
}

std::string encode(std::string_view text, std::size_t first, std::size_t piece) {
    DotEncoder encoder;
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const std::string_view next = text.substr(at, at == 0 ? first : piece);
        encoder.append(next, out);
        at += next.size();
    }
    encoder.finish(out);
    return out;
}

TEST(DotEncoder, SplitAtEveryOctet) {
    struct Pair {
        const char* text;
        const char* wire;
    };
    const Pair pairs[] = {
        {"", ".\r\n"},
        {"a\r\n", "a\r\n.\r\n"},
        {"a", "a\r\n.\r\n"},
        {".", "..\r\n.\r\n"},
        {".\r\n..\r\n.x\r\n", "..\r\n...\r\n..x\r\n.\r\n"},
        {"a\r", "a\r\r\n.\r\n"},
        // Bare line ends begin no line for the decoder, so they get no dot either.
        {"a\n.\nb\r\n", "a\n.\nb\r\n.\r\n"},
        {"a\r.\r\n", "a\r.\r\n.\r\n"},
        {"\r\n.\r\n", "\r\n..\r\n.\r\n"},
    };
    for (const Pair& pair : pairs) {
        const std::size_t size = std::string_view(pair.text).size();
        for (std::size_t split = 1; split <= size + 1; ++split) {
            EXPECT_EQ(encode(pair.text, split, 1), pair.wire) << split;
            EXPECT_EQ(encode(pair.text, split, size + 1), pair.wire) << split;
        }
    }
}

TEST(DotEncoder, AllShortTextsComeBack) {
    constexpr std::string_view kOctets = "a.\r\n";
    for (unsigned code = 0; code < 1U << 16; ++code) {
        std::string text;
        for (unsigned i = 0; i < 8; ++i)
            text += kOctets[(code >> (2 * i)) & 3];
        const std::string wire = encode(text, 3, 2);
        const Decoded decoded = decode(wire, 5, 3);
        const bool whole = text.compare(text.size() - 2, 2, "\r\n") == 0;
        ASSERT_EQ(decoded, (Decoded{whole ? text : text + "\r\n", true, ""})) << testing::PrintToString(text);
    }
}

TEST(DotEncoder, NextBody) {
    DotEncoder encoder;
    std::string out;
    encoder.append("a", out);
    encoder.finish(out);
    encoder.append(".b\r\n", out);
    encoder.finish(out);
    EXPECT_EQ(out, "a\r\n.\r\n..b\r\n.\r\n");
}

}  // namespace
}  // namespace mailpipe::wire

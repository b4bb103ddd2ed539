#include "mailpipe/imap/response_framer.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mailpipe/base/limits.hpp"

namespace mailpipe::imap {
namespace {

// Steps as "T text", "t text {size}", "L octets", "S numbers"; pieces of literals and of SEARCH are merged.
std::vector<std::string> frame(std::string_view octets, std::size_t piece) {
    ResponseFramer framer;
    wire::InputBuffer input;
    std::vector<std::string> out;
    bool open = false;
    for (std::size_t at = 0; at <= octets.size();) {
        const auto step = framer.next(input);
        if (!step) {
            out.push_back("E " + step.error().message);
            return out;
        }
        if (step->status == ResponseFramer::Status::need_input) {
            if (at == octets.size()) break;
            const std::string_view next = octets.substr(at, piece);
            input.append(next);
            at += next.size();
            continue;
        }
        const bool is_text = step->status == ResponseFramer::Status::text;
        const std::string kind = step->status == ResponseFramer::Status::numbers   ? "S "
                                 : step->status == ResponseFramer::Status::literal ? "L "
                                 : step->last                                      ? "T "
                                                                                   : "t ";
        if (open) {
            out.back() += step->octets;
        } else {
            out.push_back(kind + std::string(step->octets));
        }
        open = !is_text && !step->last;
    }
    if (!framer.between_responses()) out.push_back("open");
    return out;
}

struct Case {
    const char* name;
    std::string octets;
    std::vector<std::string> steps;
};

const Case kCases[] = {
    {"line", "* OK hi\r\n", {"T * OK hi"}},
    {"literal", "* 1 FETCH (BODY[] {3}\r\nabc)\r\n", {"t * 1 FETCH (BODY[] {3}", "L abc", "T )"}},
    {"literal with line ends", "* X {6}\r\n\r\n\r\n{}\r\n", {"t * X {6}", "L \r\n\r\n{}", "T "}},
    {"empty literal", "* X {0}\r\n {0}\r\n\r\n", {"t * X {0}", "L ", "t  {0}", "L ", "T "}},
    {"literal8", "* X ~{2}\r\n\0a\r\n", {"t * X ~{2}"}},
    {"status text is no literal",
     "* OK try {5}\r\nA1 NO {3}\r\n+ {3}\r\n* BYE {1}\r\n",
     {"T * OK try {5}", "T A1 NO {3}", "T + {3}", "T * BYE {1}"}},
    {"marker inside of quotes", "* X \"a {5}\r\n", {"T * X \"a {5}"}},
    {"marker behind quotes", "* X \"a\\\"\" {1}\r\nb\r\n", {"t * X \"a\\\"\" {1}", "L b", "T "}},
    {"no number",
     "* X {}\r\n* X {a}\r\n* X {1+}\r\n* X }\r\n",
     {"T * X {}", "T * X {a}", "T * X {1+}", "T * X }"}},
    {"bare line ends stay", "* X a\nb\rc\r\n", {"T * X a\nb\rc"}},
    {"search", "* SEARCH 1 2 3\r\n* OK\r\n", {"S  1 2 3", "T * OK"}},
    {"sort", "* SORT 2 1\r\n* OK\r\n", {"S  2 1", "T * OK"}},
    {"threads", "* THREAD (1)(2 3)\r\n", {"S  (1)(2 3)"}},
    {"not sort", "* SORTED {1}\r\nx\r\n", {"t * SORTED {1}", "L x", "T "}},
    {"search in lower case", "* search\r\n", {"S "}},
    {"not search", "* SEARCHES 1\r\n", {"T * SEARCHES 1"}},
    {"not complete", "* X {5}\r\nab", {"t * X {5}", "L ab", "open"}},
};

TEST(ResponseFramer, Frames) {
    for (Case c : kCases) {
        SCOPED_TRACE(c.name);
        if (c.name == std::string("literal8")) {
            c.octets = std::string("* X ~{2}\r\n\0a\r\n", 14);
            c.steps = {"t * X ~{2}", std::string("L \0a", 4), "T "};
        }
        for (std::size_t piece = 1; piece <= c.octets.size(); ++piece)
            EXPECT_EQ(frame(c.octets, piece), c.steps);
    }
}

// threats.md: literals: huge, zero, quadratic, announced and not sent
TEST(ResponseFramer, HugeLiteralIsOnlyAnnounced) {
    ResponseFramer framer;
    wire::InputBuffer input;
    input.append("* 1 FETCH (BODY[] {10737418240}\r\nabc");
    EXPECT_EQ(framer.next(input)->literal_size, 10737418240U);
    EXPECT_EQ(framer.next(input)->octets, "abc");
    EXPECT_EQ(framer.literal_octets_missing(), 10737418237U);
    EXPECT_EQ(framer.next(input)->status, ResponseFramer::Status::need_input);
}

TEST(ResponseFramer, SizeOutOfRange) {
    for (const char* size : {"9223372036854775808", "18446744073709551616", "99999999999999999999999999"}) {
        EXPECT_EQ(frame("* X {" + std::string(size) + "}\r\n", 100),
                  std::vector<std::string>{"E size of a literal out of range"});
    }
}

TEST(ResponseFramer, LimitsNameThemselves) {
    const auto line = frame("* X " + std::string(limits::kImapLine, 'a') + "\r\n", 65536);
    ASSERT_EQ(line.size(), 1U);
    EXPECT_NE(line[0].find("kImapLine"), std::string::npos);

    // The text of one response adds up, however many literals cut it.
    std::string cut;
    for (int i = 0; i < 3; ++i)
        cut += (i == 0 ? "* X " : "") + std::string(400'000, 'a') + " {0}\r\n";
    EXPECT_NE(frame(cut + "\r\n", 65536).back().find("kImapLine"), std::string::npos);

    std::string many = "* X {0}\r\n";
    for (std::size_t i = 0; i < limits::kImapResponseLiterals; ++i)
        many += " {0}\r\n";
    EXPECT_NE(frame(many, 65536).back().find("kImapResponseLiterals"), std::string::npos);
}

TEST(ResponseFramer, SearchLongerThanALineStreams) {
    std::string numbers;
    for (int i = 1; numbers.size() < 2 * limits::kImapLine; ++i)
        numbers += " " + std::to_string(i);
    const auto steps = frame("* SEARCH" + numbers + "\r\n", 1000);
    ASSERT_EQ(steps.size(), 1U);
    EXPECT_EQ(steps[0], "S " + numbers);
    EXPECT_EQ(frame("* SEARCH " + std::string(100'000, '1'), 5000).back(),
              "E malformed response: number expected");
}

}  // namespace
}  // namespace mailpipe::imap

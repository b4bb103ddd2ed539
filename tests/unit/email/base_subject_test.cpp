#include "mailpipe/email/base_subject.hpp"

#include <gtest/gtest.h>

#include "tests/support/counted_work.hpp"

namespace mailpipe::email {
namespace {

struct Row {
    const char* subject;
    const char* base;
    bool reply_or_forward;
};

// RFC 5256 section 2.1, step by step.
TEST(BaseSubject, Table) {
    const Row rows[] = {
        {"", "", false},
        {"hello", "hello", false},
        {" \t hello \t world\t", "hello world", false},
        {"Re: hello", "hello", true},
        {"RE:hello", "hello", true},
        {"re  : hello", "hello", true},
        {"Fw: hello", "hello", true},
        {"FWD: hello", "hello", true},
        {"Re: Fwd: RE: hello", "hello", true},
        {"Re[2]: hello", "hello", true},
        {"Re [2] : hello", "hello", true},
        {"Re[2][3]: hello", "Re[2][3]: hello", false},
        {"Re: [list] Re: hello", "hello", true},
        {"[list] Re: hello", "hello", true},
        {"[list] hello", "hello", false},
        {"[a] [b] hello", "hello", false},
        {"[a][b]", "[b]", false},
        {"[a]", "[a]", false},
        {"Re: [a]", "[a]", true},
        {"[a] Re:", "", true},
        {"[a[b] hello", "[a[b] hello", false},
        {"[a] b] hello", "b] hello", false},
        {"[a hello", "[a hello", false},
        {"hello (fwd)", "hello", true},
        {"hello (FWD) (fwd) ", "hello", true},
        {"(fwd)", "", true},
        {"[fwd: hello]", "hello", true},
        {"[Fwd: Re: hello (fwd)]", "hello", true},
        {"Re: [fwd: [fwd: hello]]", "hello", true},
        {"[fwd: a] b", "b", false},
        {"[fwd:]", "", true},
        {"Reading", "Reading", false},
        {"Forward: hello", "Forward: hello", false},
        {"Re", "Re", false},
        {"Aw: hello", "Aw: hello", false},
    };
    for (const Row& row : rows) {
        const BaseSubject base = base_subject(row.subject);
        EXPECT_EQ(base.text, row.base) << row.subject;
        EXPECT_EQ(base.reply_or_forward, row.reply_or_forward) << row.subject;
    }
}

TEST(BaseSubject, Linear) {
    const char* bombs[] = {"Re:", "[a]", "[", "re[", "[fwd:", "(fwd)", " ", "Re: [a] "};
    for (const char* bomb : bombs) {
        const auto make = [&](std::size_t n) {
            std::string text;
            while (n-- > 0)
                text += bomb;
            return text;
        };
        tests::count_doubling("subject of " + std::string(bomb), make,
                              [](const std::string& subject) { base_subject(subject); });
    }
    tests::count_doubling(
        "forwards in forwards",
        [](std::size_t n) {
            std::string text;
            for (std::size_t i = 0; i < n; ++i)
                text += "[fwd:";
            return text + std::string(n, ']');
        },
        [](const std::string& subject) { base_subject(subject); });
}

}  // namespace
}  // namespace mailpipe::email

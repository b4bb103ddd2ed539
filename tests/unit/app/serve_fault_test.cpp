#include <gtest/gtest.h>

#include <fstream>

#include "mailpipe/app/serve/test/fault.hpp"
#include "mailpipe/app/serve/test/fault_set.hpp"
#include "tests/support/scratch_directory.hpp"

namespace mailpipe::app::serve {
namespace {

TEST(Fault, IsParsed) {
    const auto fault = parse_fault(
        R"( smtp rcpt to=*@full.example from=<> n=2 per=to,from delay=1500ms reply="452 4.2.2 \"Full\"\nx\\" drop )");
    ASSERT_TRUE(fault) << fault.error().message;
    EXPECT_EQ(fault->protocol, FaultProtocol::smtp);
    EXPECT_EQ(fault->point, "rcpt");
    EXPECT_EQ(fault->to, "*@full.example");
    EXPECT_EQ(fault->from, "");
    EXPECT_EQ(fault->n, 2U);
    EXPECT_EQ(fault->per, (std::vector<std::string>{"to", "from"}));
    EXPECT_EQ(fault->delay.count(), 1500);
    EXPECT_EQ(fault->reply, "452 4.2.2 \"Full\"\r\nx\\\r\n");
    EXPECT_TRUE(fault->drop);
    EXPECT_TRUE(fault->replaces_command());
    EXPECT_EQ(fault->text.front(), 's');
    EXPECT_EQ(fault->text.back(), 'p');

    const auto numbers = parse_fault("POP3 LIST wrong-count=+1 wrong-size=-20 garble cut-after=0 reset");
    ASSERT_TRUE(numbers) << numbers.error().message;
    EXPECT_EQ(numbers->wrong_count->of(3), 4U);
    EXPECT_EQ(numbers->wrong_size->of(30), 10U);
    EXPECT_EQ(numbers->wrong_size->of(3), 0U);
    EXPECT_EQ(numbers->garble, 0U);
    EXPECT_EQ(numbers->cut_after, 0U);
    EXPECT_FALSE(numbers->replaces_command());
}

TEST(Fault, ErrorsSayWhereAndWhatWasMeant) {
    const std::pair<const char*, const char*> rows[] = {
        {"", "column 1: protocol '' is not known; there are: smtp lmtp pop3 imap"},
        {"smpt rcpt drop", "column 1: protocol 'smpt' is not known; did you mean 'smtp'?"},
        {"imap retr drop", "column 6: point 'retr' is not known"},
        {"imap list message=1 drop", "column 11: message has no meaning at list"},
        {"imap connect wrong-count=1", "column 14: wrong-count has no meaning at connect"},
        {"smtp rcpt mailbox=x drop", "mailbox has no meaning at rcpt"},
        {"smtp mail to=x drop", "column 11: to has no meaning at mail"},
        {"smtp greeting from=<> drop", "column 15: from has no meaning at greeting"},
        {"pop3 retr to=x drop", "column 11: to has no meaning at retr"},
        {"imap append from=x drop", "column 13: from has no meaning at append"},
        {"pop3 connect user=x drop", "column 14: user has no meaning at connect"},
        {"imap greeting mailbox=x drop", "column 15: mailbox has no meaning at greeting"},
        {"pop3 retr per=user,from first=1 drop", "per=from has no meaning at retr"},
        {"smtp", "column 5: a point is missing; there are: connect"},
        {"smtp rctp drop", "column 6: point 'rctp' is not known; did you mean 'rcpt'?"},
        {"pop3 rcpt drop", "column 6: point 'rcpt' is not known"},
        {"smtp rcpt too=x drop", "column 11: condition or action 'too' is not known; did you mean 'to'?"},
        {"smtp rcpt to=x n=2 to=y drop", "column 20: to stands there twice"},
        {"smtp rcpt drop drop", "column 16: drop stands there twice"},
        {"smtp rcpt drop hang", "drop, reset and hang contradict each other"},
        {"smtp rcpt reply=452 4.2.2 Full",
         "column 21: '4.2.2' is not known; a value with spaces in it stands in double quotes"},
        {"smtp rcpt reply='452 Full'", "column 22: 'Full'' is not known; a value with spaces in it"},
        {"smtp rcpt rely=x", "did you mean 'reply'?"},
        {"smtp rcpt to=x", "column 15: an action is missing"},
        {"smtp rcpt to drop", "column 11: to= needs a pattern"},
        {"smtp rcpt to= drop", "column 11: to=: a pattern such as *@example.org is expected"},
        {"smtp rcpt drop=yes", "column 11: drop takes no value"},
        {"smtp rcpt n=0 drop", "column 11: n=0: a number from 1 is expected"},
        {"smtp rcpt n=1 first=2 drop", "n= and first= contradict each other"},
        {"smtp rcpt probability=1.5 drop", "a number from 0 to 1 is expected"},
        {"smtp rcpt tls=maybe drop", "yes or no is expected"},
        {"smtp rcpt per=host drop", "some of to, from, user, mailbox, connection"},
        {"smtp rcpt delay=soon", "delay=soon: a time such as 500ms or 5s is expected"},
        {"smtp rcpt reply=\"452 full", "column 17: the quote is not closed"},
        {"smtp rcpt reply=\"a\\q\"", "column 19: \\r, \\n, \\t, \\\" or \\\\ is expected"},
        {"smtp rcpt wrong-count=1", "column 11: wrong-count has no meaning at rcpt"},
        {"smtp connect reply=x", "column 14: reply has no meaning at connect"},
        {"pop3 stat expired", "column 11: expired has no meaning at stat"},
        {"pop3 list wrong-size=x", "a number, or a change such as -10 is expected"},
    };
    for (const auto& [text, says] : rows) {
        const auto fault = parse_fault(text);
        ASSERT_FALSE(fault) << text;
        EXPECT_EQ(fault.error().kind, Errc::usage);
        EXPECT_NE(fault.error().message.find(says), std::string::npos) << text << ": " << fault.error().message;
    }
}

TEST(Fault, FileNamesTheLine) {
    const tests::ScratchDirectory scratch;
    const std::string path = scratch.file("faults");
    std::ofstream(path) << "# a comment\n\n  smtp rcpt drop\npop3 retr n=3 cut-after=1000\n";
    const auto faults = read_faults(path);
    ASSERT_TRUE(faults);
    EXPECT_EQ(faults->size(), 2U);
    std::ofstream(path) << "smtp rcpt drop\n\nsmtp rcpt dorp\n";
    const auto wrong = read_faults(path);
    ASSERT_FALSE(wrong);
    EXPECT_NE(wrong.error().message.find(":3: "), std::string::npos) << wrong.error().message;
    EXPECT_NE(wrong.error().message.find("did you mean 'drop'?"), std::string::npos);
    EXPECT_EQ(read_faults(path + "-none").error().kind, Errc::not_found);
}

TEST(Fault, Patterns) {
    for (const auto& [pattern, text] : {std::pair{"*", ""},
                                        {"*@b.c", "A@B.C"},
                                        {"a?c*", "abcdef"},
                                        {"**x", "aax"},
                                        {"", ""},
                                        {"*a*b*", "xxaxxbxx"}})
        EXPECT_TRUE(matches_pattern(pattern, text)) << pattern;
    for (const auto& [pattern, text] :
         {std::pair{"?", ""}, {"*@b.c", "a@b.cd"}, {"", "a"}, {"a", "ab"}, {"*a*b*", "ba"}})
        EXPECT_FALSE(matches_pattern(pattern, text)) << pattern;
    const std::string many(2000, 'a');
    EXPECT_FALSE(matches_pattern("*a*a*a*a*a*a*b", many));
}

FaultSet set_of(const std::vector<const char*>& texts, std::uint64_t seed = 1) {
    std::vector<Fault> faults;
    for (const char* text : texts)
        faults.push_back(*parse_fault(text));
    return {std::move(faults), seed};
}

FaultSituation rcpt(const std::string& to, std::uint64_t connection = 1) {
    FaultSituation here;
    here.point = "rcpt";
    here.to = {to};
    here.connection = connection;
    return here;
}

TEST(FaultSet, AllCountAndTheFirstActs) {
    FaultSet set =
        set_of({"smtp rcpt n=1 drop", "smtp rcpt n=2 reset", "smtp rcpt times=1 hang", "lmtp rcpt drop"});
    std::vector<std::string> fired;
    for (int i = 0; i < 4; ++i) {
        const Fault* fault = set.fire(rcpt("a@b"));
        fired.push_back(fault == nullptr ? "" : fault->text);
    }
    EXPECT_EQ(fired, (std::vector<std::string>{"smtp rcpt n=1 drop", "smtp rcpt n=2 reset",
                                               "smtp rcpt times=1 hang", ""}));
}

TEST(FaultSet, CountsByWhatIsAskedFor) {
    FaultSet set = set_of({"smtp rcpt first=1 per=to drop"});
    EXPECT_NE(set.fire(rcpt("a@b", 1)), nullptr);
    EXPECT_EQ(set.fire(rcpt("a@b", 2)), nullptr);
    EXPECT_NE(set.fire(rcpt("c@b", 2)), nullptr);
}

TEST(FaultSet, ChanceDependsOnSeedAndCount) {
    const auto throws = [](std::uint64_t seed) {
        FaultSet set = set_of({"smtp rcpt probability=0.3 drop"}, seed);
        std::string out;
        for (int i = 0; i < 1000; ++i)
            out += set.fire(rcpt("a@b")) == nullptr ? '.' : 'x';
        return out;
    };
    EXPECT_EQ(throws(7), throws(7));
    EXPECT_NE(throws(7), throws(8));
    const std::string once = throws(7);
    const auto hits = std::count(once.begin(), once.end(), 'x');
    EXPECT_GT(hits, 230);
    EXPECT_LT(hits, 370);
}

}  // namespace
}  // namespace mailpipe::app::serve

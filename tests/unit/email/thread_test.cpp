#include "mailpipe/email/thread.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "tests/support/counted_work.hpp"

namespace mailpipe::email {
namespace {

std::string threads(ThreadAlgorithm algorithm, const std::vector<ThreadFacts>& messages) {
    std::vector<std::uint32_t> numbers(messages.size());
    std::iota(numbers.begin(), numbers.end(), 1);
    return encode_threads(thread(algorithm, messages), numbers);
}

std::string references(const std::vector<ThreadFacts>& messages) {
    return threads(ThreadAlgorithm::references, messages);
}

ThreadFacts mail(std::string id, std::vector<std::string> references, std::int64_t sent,
                 std::string subject = {}, bool reply = false) {
    return {std::move(id), std::move(references), std::move(subject), reply, sent};
}

// The inverse of encode_threads, for the RFC's examples.
std::vector<ThreadEntry> decode(std::string_view text, std::vector<std::uint32_t>& numbers) {
    std::vector<ThreadEntry> entries;
    std::vector<std::size_t> depths;  // of the next entry of each open list
    bool empty_list = false;          // nothing yet in the innermost one
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '(') {
            if (empty_list) {
                entries.push_back({ThreadEntry::kNoMessage, depths.back()});
                ++depths.back();
            }
            depths.push_back(depths.empty() ? 0 : depths.back());
            empty_list = true;
        } else if (text[i] == ')') {
            depths.pop_back();
        } else if (text[i] != ' ') {
            numbers.push_back(0);
            while (text[i] >= '0' && text[i] <= '9')
                numbers.back() = numbers.back() * 10 + static_cast<std::uint32_t>(text[i++] - '0');
            --i;
            entries.push_back({numbers.size() - 1, depths.back()++});
            empty_list = false;
        }
    }
    return entries;
}

// RFC 5256 section 4, and the examples of section 3.
TEST(Thread, ResponsesOfTheRfc) {
    for (const char* text :
         {"(2)(3 6 (4 23)(44 7 96))", "((3)(5))", "", "(1)", "(1 2 3)", "((1 2)(3 (4)(5)))(6)",
          "(166)(167)(168)(169)(172)(170)(171)(173)(174 (175)(176)(178)(181)(180))(179)(177 "
          "(183)(182)(188)(184)(185)(186)(187)(189))(190)(191)(192)(193)(194 195)(196 (197)(198))(199)(200 "
          "202)(201)(203)(204)(205)(206 207)(208)"}) {
        std::vector<std::uint32_t> numbers;
        const auto entries = decode(text, numbers);
        EXPECT_EQ(encode_threads(entries, numbers), text);
    }
}

TEST(Thread, OrderedSubject) {
    const std::vector<ThreadFacts> messages = {mail("", {}, 50, "B"),       mail("", {}, 20, "A"),
                                               mail("", {}, 10, "B", true), mail("", {}, 30, "C"),
                                               mail("", {}, 60, "B"),       mail("", {}, 20, "D")};
    EXPECT_EQ(threads(ThreadAlgorithm::ordered_subject, messages), "(3 (1)(5))(2)(6)(4)");
}

TEST(Thread, RepliesHangFromWhatTheyAnswer) {
    EXPECT_EQ(
        references({mail("a", {}, 1), mail("b", {"a"}, 2), mail("c", {"a", "b"}, 3), mail("d", {"a"}, 4)}),
        "(1 (2 3)(4))");
    // In any order of the mailbox.
    EXPECT_EQ(
        references({mail("c", {"a", "b"}, 3), mail("d", {"a"}, 4), mail("b", {"a"}, 2), mail("a", {}, 1)}),
        "(4 (3 1)(2))");
}

TEST(Thread, MissingParents) {
    // Siblings of a parent that is not there stay together; one alone takes its place.
    EXPECT_EQ(references({mail("b", {"a"}, 1), mail("c", {"a"}, 2), mail("e", {"d"}, 3)}), "((1)(2))(3)");
    // A missing message between two that are there.
    EXPECT_EQ(references({mail("a", {}, 1), mail("c", {"a", "b"}, 2), mail("d", {"a", "b"}, 3)}), "(1 (2)(3))");
    EXPECT_EQ(references({mail("d", {"a", "b", "c"}, 1)}), "(1)");
    // A dummy sorts by its first child.
    EXPECT_EQ(references({mail("x", {}, 5), mail("c", {"a"}, 9), mail("b", {"a"}, 2)}), "((3)(2))(1)");
}

TEST(Thread, LoopsAndDuplicates) {
    EXPECT_EQ(references({mail("a", {"a"}, 1)}), "(1)");
    EXPECT_EQ(references({mail("a", {"b"}, 1), mail("b", {"a"}, 2)}), "(2 1)");
    EXPECT_EQ(references({mail("a", {"c"}, 1), mail("b", {"a"}, 2), mail("c", {"b"}, 3)}), "(3 1 2)");
    EXPECT_EQ(references({mail("a", {"b", "c", "b"}, 1)}), "(1)");
    // The second of the same Message-ID is a message of its own; replies go to the first.
    EXPECT_EQ(references({mail("a", {}, 1), mail("a", {}, 2), mail("b", {"a"}, 3)}), "(1 3)(2)");
    EXPECT_EQ(references({mail("", {}, 1), mail("", {}, 2)}), "(1)(2)");
    // Its own references outweigh what others say of it, be it that it has none.
    EXPECT_EQ(references({mail("c", {"a", "b"}, 3), mail("a", {}, 1), mail("b", {}, 2)}), "(2)(3 1)");
}

// Step 5 of RFC 5256 section 3.
TEST(Thread, TheSameSubjectIsOneThread) {
    // A reply that says of nothing what it answers hangs from the original, whichever came first.
    EXPECT_EQ(references({mail("a", {}, 1, "S"), mail("b", {}, 2, "S", true)}), "(1 2)");
    EXPECT_EQ(references({mail("b", {}, 1, "S", true), mail("a", {}, 2, "S")}), "(2 1)");
    // Two originals, and two replies, become siblings.
    EXPECT_EQ(references({mail("a", {}, 1, "S"), mail("b", {}, 2, "S")}), "((1)(2))");
    EXPECT_EQ(
        references({mail("a", {}, 1, "S", true), mail("b", {}, 2, "S", true), mail("c", {}, 3, "S", true)}),
        "((1)(2)(3))");
    // Into a dummy: a message becomes a sibling, another dummy's children too.
    EXPECT_EQ(references({mail("a", {"x"}, 1, "S"), mail("b", {"x"}, 2, "S"), mail("c", {}, 3, "S")}),
              "((1)(2)(3))");
    EXPECT_EQ(references({mail("a", {"x"}, 1, "S"), mail("b", {"x"}, 2, "S"), mail("c", {"y"}, 3, "S"),
                          mail("d", {"y"}, 4, "T")}),
              "((1)(2)(3)(4))");
    // No subject says nothing.
    EXPECT_EQ(references({mail("a", {}, 1), mail("b", {}, 2, "", true)}), "(1)(2)");
    // Only roots are joined.
    EXPECT_EQ(references({mail("a", {}, 1, "S"), mail("b", {"a"}, 2, "T"), mail("c", {}, 3, "T")}), "(1 2)(3)");
}

TEST(Thread, Facts) {
    const ThreadFacts facts = thread_facts(
        "Message-ID: <c@x>\r\nReferences: <a@x>\r\n <b@x>\r\nIn-Reply-To: <z@x>\r\nSubject: Re: "
        "=?utf-8?q?=C3=A9?=\r\n"
        "Date: Thu, 1 Jan 1970 01:00:10 +0100\r\n\r\n",
        99);
    EXPECT_EQ(facts.message_id, "c@x");
    EXPECT_EQ(facts.references, (std::vector<std::string>{"a@x", "b@x"}));
    EXPECT_EQ(facts.subject, "E\u0301");
    EXPECT_TRUE(facts.reply_or_forward);
    EXPECT_EQ(facts.sent, 10);
    const ThreadFacts other = thread_facts("In-Reply-To: <a@x> <b@x>\r\nReferences: rubbish\r\n\r\n", 99);
    EXPECT_EQ(other.references, (std::vector<std::string>{"a@x"}));
    EXPECT_EQ(other.message_id, "");
    EXPECT_EQ(other.sent, 99);
}

TEST(Thread, Algorithms) {
    EXPECT_EQ(*parse_thread_algorithm("references"), ThreadAlgorithm::references);
    EXPECT_EQ(*parse_thread_algorithm("ORDEREDSUBJECT"), ThreadAlgorithm::ordered_subject);
    EXPECT_EQ(parse_thread_algorithm("REFS").error().kind, Errc::usage);
}

std::string id(std::size_t i) {
    return std::to_string(i) + "@x";
}

// A chain of replies as long as the mailbox, in both orders, and missing messages in a row.
TEST(Thread, ChainsLinear) {
    for (const bool backwards : {false, true}) {
        for (const bool missing : {false, true}) {
            const auto make = [&](std::size_t n) {
                std::vector<ThreadFacts> messages;
                for (std::size_t k = 0; k < n; ++k) {
                    const std::size_t i = backwards ? n - 1 - k : k;
                    messages.push_back(mail(id(i), {}, static_cast<std::int64_t>(i)));
                    if (i > 0 && !missing) messages.back().references = {id(i - 1)};
                    for (std::size_t j = 0; missing && j < 5; ++j)
                        messages.back().references.push_back("gone" + id(5 * i + j));
                }
                return messages;
            };
            const std::string name =
                std::string("chain") + (backwards ? ", backwards" : "") + (missing ? ", missing" : "");
            const auto small = make(1'000);
            const auto large = make(2'000);
            tests::count_work(name + ": once", [&] { references(small); });
            tests::count_work(name + ": twice", [&] { references(large); });
            EXPECT_EQ(thread(ThreadAlgorithm::references, large).size(), 2'000U);
        }
    }
}

}  // namespace
}  // namespace mailpipe::email

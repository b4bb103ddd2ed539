#include "mailpipe/imap/server/search_response.hpp"

#include <gtest/gtest.h>

namespace mailpipe::imap::server {
namespace {

SearchReturn options(const std::string& words) {
    SearchReturn out;
    out.given = true;
    const auto has = [&](const char* word) { return words.find(word) != std::string::npos; };
    out.min = has("MIN");
    out.max = has("MAX");
    out.all = has("ALL");
    out.count = has("COUNT");
    out.save = has("SAVE");
    return out;
}

SearchReturn partial(std::int64_t first, std::int64_t last, const std::string& words = "") {
    SearchReturn out = options(words);
    out.partial = std::pair(first, last);
    return out;
}

ESearch of(std::string_view tag, bool uid = false, bool sorted = false) {
    ESearch out;
    out.tag = tag;
    out.uid = uid;
    out.sorted = sorted;
    return out;
}

TEST(SearchResponse, Plain) {
    EXPECT_EQ(encode_search({2, 84, 882}, {}), "* SEARCH 2 84 882\r\n");
    EXPECT_EQ(encode_search({}, {}), "* SEARCH\r\n");
    // RFC 7162 section 3.1.5, examples 18 and 19.
    EXPECT_EQ(encode_search({2, 5, 6, 7, 11, 12, 18, 19, 20, 23}, 917162500),
              "* SEARCH 2 5 6 7 11 12 18 19 20 23 (MODSEQ 917162500)\r\n");
    EXPECT_EQ(encode_search({}, 917162500), "* SEARCH\r\n");
    // RFC 5256 section 4.
    EXPECT_EQ(encode_sort({2, 84, 882}, {}), "* SORT 2 84 882\r\n");
    EXPECT_EQ(encode_sort({}, {}), "* SORT\r\n");
    EXPECT_EQ(encode_thread("(2)(3 6 (4 23)(44 7 96))"), "* THREAD (2)(3 6 (4 23)(44 7 96))\r\n");
    EXPECT_EQ(encode_thread(""), "* THREAD\r\n");
}

struct Row {
    ESearch of;
    SearchReturn returns;
    Found found;
    std::optional<std::uint64_t> modseq;
    std::string response;
};

TEST(SearchResponse, Extended) {
    const Row rows[] = {
        // RFC 4731 section 3.1
        {of("A282"), options("MIN COUNT"), {2, 10, 11}, {}, "* ESEARCH (TAG \"A282\") MIN 2 COUNT 3\r\n"},
        {of("A283"), options("ALL"), {2, 10, 11}, {}, "* ESEARCH (TAG \"A283\") ALL 2,10:11\r\n"},
        {of("A284"), options("MIN"), {4}, {}, "* ESEARCH (TAG \"A284\") MIN 4\r\n"},
        {of("A285", true),
         options("MIN MAX"),
         {7, 9, 3800},
         {},
         "* ESEARCH (TAG \"A285\") UID MIN 7 MAX 3800\r\n"},
        {of("A286"), options("MIN MAX COUNT"), {}, {}, "* ESEARCH (TAG \"A286\") COUNT 0\r\n"},
        {of("A287"), options("ALL"), {}, {}, "* ESEARCH (TAG \"A287\")\r\n"},
        // RFC 5182 section 2.1: SAVE alone says nothing.
        {of("A1"), options("SAVE"), {1}, {}, ""},
        // RFC 7162 section 3.1.10
        {of("a"),
         options("MIN MAX"),
         {1, 9},
         917162488,
         "* ESEARCH (TAG \"a\") MIN 1 MAX 9 MODSEQ 917162488\r\n"},
        {of("a"), options("ALL"), {1, 3, 4, 5}, 1236, "* ESEARCH (TAG \"a\") ALL 1,3:5 MODSEQ 1236\r\n"},
        // RFC 9394 section 3.1
        {of("A01", true),
         partial(-1, -3),
         {5, 7, 8, 9},
         {},
         "* ESEARCH (TAG \"A01\") UID PARTIAL (-1:-3 7:9)\r\n"},
        {of("A02"), partial(2, 3), {5, 7, 8, 9}, {}, "* ESEARCH (TAG \"A02\") PARTIAL (2:3 7:8)\r\n"},
        {of("A03"), partial(4, 10), {5, 7, 8, 9}, {}, "* ESEARCH (TAG \"A03\") PARTIAL (4:10 9)\r\n"},
        {of("A04"), partial(5, 10), {5, 7, 8, 9}, {}, "* ESEARCH (TAG \"A04\") PARTIAL (5:10 NIL)\r\n"},
        {of("A05"), partial(-5, -10), {5, 7, 8, 9}, {}, "* ESEARCH (TAG \"A05\") PARTIAL (-5:-10 NIL)\r\n"},
        {of("A06"),
         partial(-3, -10, "COUNT"),
         {5, 7, 8, 9},
         {},
         "* ESEARCH (TAG \"A06\") COUNT 4 PARTIAL (-3:-10 5,7)\r\n"},
        // RFC 5267 section 3: the first and the last of the order; a range never hides it.
        {of("E01", true, true),
         options("MIN MAX ALL"),
         {9, 3, 4, 8, 7},
         {},
         "* ESEARCH (TAG \"E01\") UID MIN 9 MAX 7 ALL 9,3:4,8,7\r\n"},
    };
    for (const Row& row : rows)
        EXPECT_EQ(encode_esearch(row.of, row.returns, row.found, row.modseq), row.response) << row.of.tag;
}

// RFC 7377 section 2.1.
TEST(SearchResponse, OfMailboxes) {
    ESearch of_mailbox = of("tag1", true);
    of_mailbox.mailbox = "folder1";
    of_mailbox.uid_validity = 1;
    EXPECT_EQ(encode_esearch(of_mailbox, options("ALL"), {4001, 4003, 4005, 4007, 4009}, {}),
              "* ESEARCH (TAG \"tag1\" MAILBOX folder1 UIDVALIDITY 1) UID ALL 4001,4003,4005,4007,4009\r\n");
}

// RFC 5182 section 2.4, RFC 9394 section 3.1.
TEST(SearchResponse, Kept) {
    using Kept = std::vector<std::size_t>;
    EXPECT_EQ(kept_results(options("SAVE"), 4), (Kept{0, 1, 2, 3}));
    EXPECT_EQ(kept_results(options("SAVE MIN"), 4), (Kept{0}));
    EXPECT_EQ(kept_results(options("SAVE MAX"), 4), (Kept{3}));
    EXPECT_EQ(kept_results(options("SAVE MIN MAX"), 4), (Kept{0, 3}));
    EXPECT_EQ(kept_results(options("SAVE MIN MAX"), 1), (Kept{0}));
    EXPECT_EQ(kept_results(options("SAVE MIN ALL"), 4), (Kept{0, 1, 2, 3}));
    EXPECT_EQ(kept_results(options("SAVE MIN COUNT"), 4), (Kept{0, 1, 2, 3}));
    EXPECT_EQ(kept_results(partial(2, 3, "SAVE"), 4), (Kept{1, 2}));
    EXPECT_EQ(kept_results(partial(-1, -2, "SAVE MIN"), 4), (Kept{0, 2, 3}));
    EXPECT_EQ(kept_results(options("SAVE MIN"), 0), Kept{});
}

std::uint32_t same(std::uint32_t uid, bool) {
    return uid;
}

// RFC 5267 section 4.3.
TEST(SearchResponse, ContextUpdate) {
    EXPECT_EQ(encode_context_update(of("B01", true), {1, 5}, {1, 5, 32768, 32769}, same),
              "* ESEARCH (TAG \"B01\") UID ADDTO (0 32768:32769)\r\n");
    EXPECT_EQ(encode_context_update(of("B01", true), {1, 5, 32768}, {1}, same),
              "* ESEARCH (TAG \"B01\") UID REMOVEFROM (0 5,32768)\r\n");
    EXPECT_EQ(encode_context_update(of("B01", true), {1, 5}, {1, 5}, same), "");
    EXPECT_EQ(encode_context_update(of("B01", true, true), {10, 20}, {2731, 2732, 2733, 10, 20}, same),
              "* ESEARCH (TAG \"B01\") UID ADDTO (1 2731:2733)\r\n");
    EXPECT_EQ(encode_context_update(of("C", true, true), {9, 3, 4, 8, 7}, {9, 8, 5, 7, 6}, same),
              "* ESEARCH (TAG \"C\") UID REMOVEFROM (2 3:4)\r\n"
              "* ESEARCH (TAG \"C\") UID ADDTO (3 5) ADDTO (5 6)\r\n");
    const auto number = [](std::uint32_t uid, bool removed) { return removed ? uid - 100 : uid - 200; };
    EXPECT_EQ(encode_context_update(of("D"), {101, 205}, {205, 209}, number),
              "* ESEARCH (TAG \"D\") REMOVEFROM (0 1)\r\n* ESEARCH (TAG \"D\") ADDTO (0 9)\r\n");
}

// Whatever changed, a client that does what it is told has the new result.
TEST(SearchResponse, ContextUpdatesAdd) {
    for (unsigned seed = 0; seed < 200; ++seed) {
        Found before, after;
        for (std::uint32_t uid = 1; uid <= 8; ++uid) {
            const unsigned bits = (seed * 2654435761U) >> (uid * 2);
            if ((bits & 1) != 0) before.push_back(uid * 7 % 9);
            if ((bits & 2) != 0) after.push_back(uid * 7 % 9);
        }
        Found client = before;
        const std::string told = encode_context_update(of("x", true, true), before, after, same);
        std::size_t at = 0;
        while ((at = told.find('(', at + 1)) != std::string::npos) {
            if (told.compare(at, 5, "(TAG ") == 0) continue;
            const bool adds = told.rfind("ADDTO", at) != std::string::npos;
            const std::size_t space = told.find(' ', at);
            const auto position = std::stoul(told.substr(at + 1, space - at - 1));
            std::vector<std::uint32_t> numbers;
            std::string text = told.substr(space + 1, told.find(')', at) - space - 1);
            for (std::size_t piece = 0; piece < text.size();) {
                const std::size_t comma = std::min(text.find(',', piece), text.size());
                const std::string range = text.substr(piece, comma - piece);
                const std::size_t colon = range.find(':');
                const auto first = std::stoul(range.substr(0, colon));
                const auto last = colon == std::string::npos ? first : std::stoul(range.substr(colon + 1));
                for (auto number = first; number <= last; ++number)
                    numbers.push_back(static_cast<std::uint32_t>(number));
                piece = comma + 1;
            }
            const auto where = client.begin() + static_cast<Found::difference_type>(position - 1);
            if (adds) {
                client.insert(where, numbers.begin(), numbers.end());
            } else {
                client.erase(where, where + static_cast<Found::difference_type>(numbers.size()));
            }
        }
        EXPECT_EQ(client, after) << told;
    }
}

}  // namespace
}  // namespace mailpipe::imap::server

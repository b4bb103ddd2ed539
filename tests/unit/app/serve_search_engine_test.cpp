#include "mailpipe/app/serve/imap/search_engine.hpp"

#include <gtest/gtest.h>

#include "tests/unit/app/fake_mailbox.hpp"

namespace mailpipe::app::serve {
namespace {

using imap::server::Search;
using imap::server::Sort;
using imap::server::Thread;
using index::Message;

constexpr std::int64_t kDay = 86'400;

Message message(index::Uid uid, std::uint8_t flags, index::ModSeq modseq, std::int64_t date) {
    Message out;
    out.uid = uid;
    out.flags = flags;
    out.modseq = modseq;
    out.internal_date = out.save_date = date;
    return out;
}

std::string text(const std::string& from, const std::string& subject, const std::string& more,
                 const std::string& body) {
    return "From: " + from + "\r\nSubject: " + subject + "\r\n" + more + "\r\n" + body + "\r\n";
}

class SearchEngine : public testing::Test {
 protected:
    void SetUp() override {
        box->set_keywords({"Work", "$Forwarded"});
        Message third = message(30, index::kFlagged, 30, 20'000 * kDay);
        third.keywords = 1;
        box->add(message(10, index::kSeen, 10, 20'002 * kDay),
                 text("carol@x.example", "beta", "Message-ID: <1@x>\r\nX-Rare: yes\r\n", "one needle"));
        box->add(message(20, 0, 40, 20'001 * kDay),
                 text("alice@x.example", "Re: beta", "Message-ID: <2@x>\r\nReferences: <1@x>\r\n", "two"));
        box->add(third, text("bob@x.example", "alpha", "Message-ID: <3@x>\r\n", "three needles"));
        box->add(message(40, index::kDeleted, 20, 20'003 * kDay),
                 text("alice@x.example", "gamma", "Message-ID: <4@x>\r\nReferences: <2@x>\r\n", "four"));
    }

    SearchView view() {
        SearchView out;
        out.mailbox = box;
        out.snapshot = box->snapshot();
        out.now = 20'010 * kDay;
        return out;
    }

    static email::Query query(const std::string& keys) { return *email::parse_imap_search(keys); }

    std::string search(const std::string& keys, bool uid = false) {
        Search command;
        command.uid = uid;
        command.query = query(keys);
        return run_search(view(), command, "a")->response;
    }

    std::string sort(const std::string& program, const std::string& keys, bool uid = false) {
        Sort command;
        command.uid = uid;
        command.program = *email::parse_sort(program);
        command.query = query(keys);
        return run_sort(view(), command, "a", &cache)->response;
    }

    std::shared_ptr<FakeMailbox> box = std::make_shared<FakeMailbox>();
    SortCache cache;
};

TEST_F(SearchEngine, ReadsOnlyWhatItNeeds) {
    struct Row {
        const char* keys;
        const char* response;
        int headers, texts;
    };
    const Row rows[] = {
        {"ALL", "* SEARCH 1 2 3 4\r\n", 0, 0},
        {"UNSEEN", "* SEARCH 2 3 4\r\n", 0, 0},
        {"KEYWORD work", "* SEARCH 3\r\n", 0, 0},
        {"KEYWORD $forwarded", "* SEARCH\r\n", 0, 0},
        {"UID 20:30", "* SEARCH 2 3\r\n", 0, 0},
        {"UID 90:*", "* SEARCH 4\r\n", 0, 0},
        {"2,*", "* SEARCH 2 4\r\n", 0, 0},
        {"SINCE 6-Oct-2024", "* SEARCH 1 4\r\n", 0, 0},
        {"OLDER 777600", "* SEARCH 2 3\r\n", 0, 0},
        {"EMAILID M30", "* SEARCH 3\r\n", 0, 0},
        {"THREADID T0", "* SEARCH 1 2 3 4\r\n", 0, 0},
        {"SAVEDATESUPPORTED", "* SEARCH 1 2 3 4\r\n", 0, 0},
        {"FROM alice", "* SEARCH 2 4\r\n", 4, 0},
        {"FROM alice UNDELETED", "* SEARCH 2\r\n", 3, 0},
        {"HEADER X-Rare yes", "* SEARCH 1\r\n", 0, 4},
        {"FROM carol HEADER X-Rare yes", "* SEARCH 1\r\n", 4, 1},
        {"BODY needle", "* SEARCH 1 3\r\n", 0, 4},
        {"FROM bob BODY needle", "* SEARCH 3\r\n", 4, 1},
        {"OR SEEN BODY needle", "* SEARCH 1 3\r\n", 0, 3},
        {"TEXT alice", "* SEARCH 2 4\r\n", 0, 4},
        {"NOT TEXT alice", "* SEARCH 1 3\r\n", 0, 4},
        {"SENTBEFORE 1-Jan-2000", "* SEARCH\r\n", 4, 0},
        // RFC 7162 section 3.1.5
        {"MODSEQ 20 FROM alice", "* SEARCH 2 4 (MODSEQ 40)\r\n", 3, 0},
        {"MODSEQ 41", "* SEARCH\r\n", 0, 0},
    };
    for (const Row& row : rows) {
        box->headers_read = box->texts_read = 0;
        EXPECT_EQ(search(row.keys), row.response) << row.keys;
        EXPECT_EQ(box->headers_read, row.headers) << row.keys;
        EXPECT_EQ(box->texts_read, row.texts) << row.keys;
    }
    EXPECT_EQ(search("FROM alice", true), "* SEARCH 20 40\r\n");
}

TEST_F(SearchEngine, SavedResult) {
    Search command;
    command.query = query("UNSEEN");
    command.returns.given = command.returns.save = true;
    auto answer = run_search(view(), command, "a");
    EXPECT_EQ(answer->response, "");
    EXPECT_EQ(answer->saved, (std::vector<index::Uid>{20, 30, 40}));
    SearchView next = view();
    next.saved = imap::server::ranges_of(answer->saved);
    command.query = query("$ FROM alice");
    command.returns.all = true;
    command.returns.min = true;
    answer = run_search(next, command, "b");
    EXPECT_EQ(answer->response, "* ESEARCH (TAG \"b\") MIN 2 ALL 2,4\r\n");
    EXPECT_EQ(answer->saved, (std::vector<index::Uid>{20, 40}));
}

// RFC 7162 section 3.1.10: only of what is told.
TEST_F(SearchEngine, HighestModseq) {
    Search command;
    command.query = query("MODSEQ 1");
    command.uid = command.returns.given = command.returns.max = true;
    EXPECT_EQ(run_search(view(), command, "a")->response, "* ESEARCH (TAG \"a\") UID MAX 40 MODSEQ 20\r\n");
    command.returns.min = true;
    EXPECT_EQ(run_search(view(), command, "a")->response,
              "* ESEARCH (TAG \"a\") UID MIN 10 MAX 40 MODSEQ 20\r\n");
    command.returns.count = true;
    EXPECT_EQ(run_search(view(), command, "a")->response,
              "* ESEARCH (TAG \"a\") UID MIN 10 MAX 40 COUNT 4 MODSEQ 40\r\n");
}

// RFC 7377 section 2.1.
TEST_F(SearchEngine, OneOfSeveralMailboxes) {
    Search command;
    SearchView of = view();
    of.told_as = "box";
    command.uid = command.returns.given = command.returns.all = true;
    command.query = query("FROM alice");
    EXPECT_EQ(run_search(of, command, "t")->response,
              "* ESEARCH (TAG \"t\" MAILBOX box UIDVALIDITY 7) UID ALL 20,40\r\n");
    command.query = query("FROM nobody");
    command.returns.given = command.returns.count = true;
    EXPECT_EQ(run_search(of, command, "t")->response, "");
}

// A message that another session expunged: this one still counts it.
TEST_F(SearchEngine, GoneMessages) {
    box->lose(20);
    EXPECT_EQ(search("FROM alice"), "* SEARCH 4\r\n");
    EXPECT_EQ(search("NOT TEXT nothing"), "* SEARCH 1 3 4\r\n");
    EXPECT_EQ(search("UNSEEN"), "* SEARCH 2 3 4\r\n");
    EXPECT_EQ(sort("FROM", "ALL"), "* SORT 2 4 3 1\r\n");
}

TEST_F(SearchEngine, SortsFromTheCache) {
    EXPECT_EQ(sort("SUBJECT", "ALL"), "* SORT 3 1 2 4\r\n");
    EXPECT_EQ(box->headers_read, 4);
    EXPECT_EQ(sort("SUBJECT", "UNSEEN", true), "* SORT 30 20 40\r\n");
    EXPECT_EQ(sort("REVERSE ARRIVAL", "ALL"), "* SORT 4 1 2 3\r\n");
    EXPECT_EQ(box->headers_read, 4);
    // Only what is new is read; what is gone is not there.
    box->add(message(50, 0, 50, 20'004 * kDay), text("z@x.example", "Apple", "", ""));
    box->remove(10);
    EXPECT_EQ(sort("SUBJECT", "ALL", true), "* SORT 30 50 20 40\r\n");
    EXPECT_EQ(box->headers_read, 5);
    EXPECT_EQ(sort("SUBJECT", "1:3", true), "* SORT 30 20 40\r\n");
    EXPECT_EQ(box->headers_read, 5);
    // Equal ones by number, whichever way the order goes.
    EXPECT_EQ(sort("REVERSE FROM", "FROM alice"), "* SORT 1 3\r\n");
}

// RFC 5267 section 3.
TEST_F(SearchEngine, ExtendedSort) {
    Sort command;
    command.uid = true;
    command.program = *email::parse_sort("SUBJECT");
    command.query = query("ALL");
    command.returns.given = command.returns.min = command.returns.max = command.returns.all = true;
    EXPECT_EQ(run_sort(view(), command, "E", nullptr)->response,
              "* ESEARCH (TAG \"E\") UID MIN 30 MAX 40 ALL 30,10,20,40\r\n");
}

TEST_F(SearchEngine, Threads) {
    Thread command;
    command.query = query("ALL");
    EXPECT_EQ(run_thread(view(), command, &cache)->response, "* THREAD (3)(1 2 4)\r\n");
    EXPECT_EQ(box->headers_read, 4);
    command.uid = true;
    EXPECT_EQ(run_thread(view(), command, &cache)->response, "* THREAD (30)(10 20 40)\r\n");
    command.algorithm = email::ThreadAlgorithm::ordered_subject;
    command.query = query("NOT FLAGGED");
    EXPECT_EQ(run_thread(view(), command, &cache)->response, "* THREAD (20 10)(40)\r\n");
    EXPECT_EQ(box->headers_read, 4);
}

// RFC 5267 section 4.3.
TEST_F(SearchEngine, ContextIsUpdated) {
    SearchContext context;
    context.tag = "B01";
    context.uid = true;
    context.query = query("UNSEEN FROM alice");
    context.found = {20, 40};
    auto before = box->snapshot();
    EXPECT_EQ(*update_context(context, *before, view(), &cache), "");
    box->put(message(20, index::kSeen, 60, 0));
    box->add(message(50, 0, 61, 0), text("alice@x.example", "new", "", ""));
    box->add(message(60, 0, 62, 0), text("bob@x.example", "new", "", ""));
    box->headers_read = 0;
    EXPECT_EQ(*update_context(context, *before, view(), &cache),
              "* ESEARCH (TAG \"B01\") UID REMOVEFROM (0 20)\r\n* ESEARCH (TAG \"B01\") UID ADDTO (0 50)\r\n");
    EXPECT_EQ(box->headers_read, 2);  // those that came; the changed one is seen
    before = box->snapshot();
    box->remove(40);
    context.uid = false;
    EXPECT_EQ(*update_context(context, *before, view(), &cache),
              "* ESEARCH (TAG \"B01\") REMOVEFROM (0 4)\r\n");
    EXPECT_EQ(context.found, (std::vector<std::uint32_t>{50}));
}

TEST_F(SearchEngine, SortedContextIsUpdated) {
    SearchContext context;
    context.tag = "C";
    context.uid = true;
    context.query = query("UNDELETED");
    context.program = *email::parse_sort("SUBJECT");
    context.found = {30, 10, 20};
    const auto before = box->snapshot();
    box->add(message(50, 0, 61, 0), text("x@x.example", "aardvark", "", ""));
    box->add(message(60, 0, 62, 0), text("x@x.example", "zebra", "", ""));
    box->remove(10);
    EXPECT_EQ(*update_context(context, *before, view(), &cache),
              "* ESEARCH (TAG \"C\") UID REMOVEFROM (2 10)\r\n"
              "* ESEARCH (TAG \"C\") UID ADDTO (1 50) ADDTO (4 60)\r\n");
}

// Many messages are looked at on several threads, and the order is kept.
TEST_F(SearchEngine, ManyMessages) {
    for (index::Uid uid = 100; uid < 3'100; ++uid) {
        box->add(message(uid, 0, uid, 0),
                 text(uid % 10 == 0 ? "ten@x.example" : "other@x.example", std::to_string(9'999 - uid), "",
                      uid % 100 == 0 ? "hundred" : "x"));
    }
    Search command;
    command.uid = command.returns.given = command.returns.count = command.returns.min = true;
    command.query = query("FROM ten");
    EXPECT_EQ(run_search(view(), command, "a")->response, "* ESEARCH (TAG \"a\") UID MIN 100 COUNT 300\r\n");
    command.query = query("BODY hundred");
    EXPECT_EQ(run_search(view(), command, "a")->response, "* ESEARCH (TAG \"a\") UID MIN 100 COUNT 30\r\n");
    EXPECT_EQ(sort("SUBJECT", "BODY hundred UID 2500:*", true), "* SORT 3000 2900 2800 2700 2600 2500\r\n");
    std::size_t calls = 0;
    const auto ended =
        run_search(view(), command, "a", [&calls](std::size_t, std::size_t) { return ++calls < 3; });
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().kind, Errc::temporary);
    EXPECT_EQ(calls, 3U);
}

TEST(SortCacheTest, ForgetsWhatIsOldest) {
    FakeMailbox box;
    SortCache cache;
    const auto entry = [](std::size_t octets) {
        auto out = std::make_shared<SortCache::Entry>();
        out->by_rank = {{{0, std::string(octets, 'x')}}};
        return out;
    };
    cache.put(box, 1, "a", entry(SortCache::kMostOctets / 2));
    cache.put(box, 1, "b", entry(SortCache::kMostOctets / 3));
    EXPECT_NE(cache.find(box, 1, "a"), nullptr);
    EXPECT_EQ(cache.find(box, 2, "a"), nullptr);  // another UIDVALIDITY
    cache.put(box, 1, "c", entry(SortCache::kMostOctets / 3));
    EXPECT_NE(cache.find(box, 1, "a"), nullptr);
    EXPECT_EQ(cache.find(box, 1, "b"), nullptr);
    cache.put(box, 1, "a", entry(SortCache::kMostOctets * 2));
    EXPECT_EQ(cache.find(box, 1, "a"), nullptr);
    EXPECT_NE(cache.find(box, 1, "c"), nullptr);
}

}  // namespace
}  // namespace mailpipe::app::serve

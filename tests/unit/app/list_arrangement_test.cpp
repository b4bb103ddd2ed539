#include "mailpipe/app/list/arrangement.hpp"

#include <gtest/gtest.h>

namespace mailpipe::app {
namespace {

struct Mail {
    const char* id;
    const char* references;
    const char* subject;
    std::int64_t received_at;
};

const std::vector<Mail> kMails = {
    {"<a@x>", "", "one", 10},          {"<b@x>", "<a@x>", "Re: one", 50}, {"<c@x>", "<a@x>", "Re: one", 20},
    {"<d@x>", "<c@x>", "Re: one", 30}, {"<e@x>", "", "two", 40},
};

void add(Arrangement& arrangement, const Candidate& candidate, std::string record) {
    Prepared message;
    message.context = candidate.context;
    message.record = std::move(record);
    arrangement.prepare(candidate, message);
    arrangement.add(std::move(message));
}

// "a b c": what is placed, each with its branch.
std::string placed(Order order, const std::vector<Mail>& mails = kMails) {
    Arrangement arrangement(std::move(order));
    for (const Mail& mail : mails) {
        Candidate candidate;
        candidate.context.received_at = mail.received_at;
        candidate.context.ref = "ref";
        std::string header;
        if (*mail.id != '\0') header += std::string("Message-ID: ") + mail.id + "\r\n";
        if (*mail.references != '\0') header += std::string("References: ") + mail.references + "\r\n";
        candidate.set_header(header + "Subject: " + mail.subject + "\r\n\r\n");
        add(arrangement, candidate, std::string(mail.id).substr(1, 1));
    }
    std::string out;
    for (const Arrangement::Placed& one : arrangement.place())
        out += (out.empty() ? "" : " ") + one.place.branch + arrangement.record(one.record);
    return out;
}

Order order(std::string_view sort, bool thread = false, bool reverse = false) {
    Order made;
    if (!sort.empty()) made.sort = *email::parse_sort(sort);
    if (thread) made.thread = email::ThreadAlgorithm::references;
    made.reverse = reverse;
    return made;
}

TEST(Arrangement, SortAndReverse) {
    EXPECT_EQ(placed(order("")), "a b c d e");
    EXPECT_EQ(placed(order("", false, true)), "e d c b a");
    EXPECT_EQ(placed(order("ARRIVAL")), "a c d e b");
    EXPECT_EQ(placed(order("ARRIVAL", false, true)), "b e d c a");
    EXPECT_TRUE(order("").is_natural());
    EXPECT_FALSE(order("", false, true).is_natural());
}

TEST(Arrangement, ThreadsAreDrawn) {
    EXPECT_EQ(placed(order("", true)), "a ├ c │ └ d └ b e");
    EXPECT_EQ(placed(order("", true, true)), "e a ├ c │ └ d └ b");
    // By the message of each thread that sorts first.
    EXPECT_EQ(placed(order("REVERSE ARRIVAL", true)), "a ├ c │ └ d └ b e");
    EXPECT_EQ(placed(order("REVERSE SUBJECT", true)), "e a ├ c │ └ d └ b");
    // The parent is not there.
    EXPECT_EQ(placed(order("", true), {{"<b@x>", "<a@x>", "s", 1}, {"<c@x>", "<a@x>", "t", 2}}), "├ b └ c");
}

TEST(Arrangement, ThreadIds) {
    const auto ids = [](std::vector<const char*> message_ids) {
        Arrangement arrangement(order("", true));
        for (const char* id : message_ids) {
            Candidate candidate;
            candidate.context.received_at = 1;
            candidate.context.ref = "ref";
            candidate.set_header(*id == '\0' ? "\r\n" : std::string("Message-ID: ") + id + "\r\n\r\n");
            add(arrangement, candidate, id);
        }
        std::vector<std::string> out;
        for (const Arrangement::Placed& one : arrangement.place())
            out.push_back(one.place.thread_id);
        return out;
    };
    const auto two = ids({"<a@x>", "<b@x>"});
    EXPECT_NE(two[0], two[1]);
    EXPECT_EQ(ids({"<b@x>"})[0], two[1]);
    EXPECT_EQ(two[0].size(), 17U);
    EXPECT_EQ(ids({""})[0], ids({""})[0]);
}

}  // namespace
}  // namespace mailpipe::app

#include <gtest/gtest.h>

#include "tests/unit/imap/dialogue.hpp"

// What servers say of changes: the transcripts of tests/transcripts/imap_news.
namespace mailpipe::imap {
namespace {

using Events = std::vector<std::string>;

Events transcript(const std::string& name, const test::OnEvent& on_event) {
    const auto lines = mailpipe::test::read_transcript(std::string(MAILPIPE_SOURCE_DIR) +
                                                       "/tests/transcripts/imap_news/" + name + ".txt");
    return test::behind(test::play_split(test::plain_options(), on_event, lines), "ready");
}

TEST(ImapNewsTranscripts, Qresync) {
    const auto act = [](ClientSession& session, const ClientStep& step) {
        if (std::holds_alternative<Ready>(step)) {
            session.enable({"QRESYNC"});
            session.select("B", true, SelectNews::resync, {1795729115, 5});
        }
        if (std::holds_alternative<Selected>(step)) session.logout();
    };
    const Events told{
        "done enable",
        "selected B exists=3 validity=1795729115 next=5 read-only modseq=9 resynced -3:3 1unseen 2seen",
        "closed"};
    EXPECT_EQ(transcript("dovecot_qresync", act), told);
    EXPECT_EQ(transcript("server_qresync", act), told);
}

TEST(ImapNewsTranscripts, Notify) {
    std::vector<std::string> told;
    const auto take = [&told](ClientSession& session) {
        for (const MailboxStatus& status : session.take_notices())
            told.push_back(status.name + " " + std::to_string(status.uid_next.value_or(0)));
    };
    const auto act = [&](ClientSession& session, const ClientStep& step) {
        if (std::holds_alternative<Ready>(step)) {
            told.clear();
            session.notify({"misc", "Lists/lemonade", "Z\xC3\xBCrich"}, false);
        }
        if (std::holds_alternative<CommandDone>(step)) {
            take(session);
            session.logout();
        }
        if (std::holds_alternative<Closed>(step)) take(session);
    };
    EXPECT_EQ(transcript("rfc5465_notify", act), (Events{"done notify", "closed"}));
    EXPECT_EQ(told, (Events{"Lists/lemonade 9999", "Z\xC3\xBCrich 7", "misc 1", "Lists/lemonade 10002"}));
}

}  // namespace
}  // namespace mailpipe::imap

#include "mailpipe/app/send/sendmail_arguments.hpp"

#include <gtest/gtest.h>

namespace mailpipe::app {
namespace {

using Mode = SendmailArguments::Mode;
using Words = std::vector<std::string>;

SendmailArguments parse(const Words& words, const std::string& program = "sendmail") {
    auto parsed = parse_sendmail_arguments(program, words);
    EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().message);
    return parsed.value_or(SendmailArguments{});
}

TEST(SendmailArguments, WhatProgramsWrite) {
    struct Row {
        Words words;
        bool from_header;
        bool dot_ends;
        std::string from;  // "-": none
        Words recipients;
    };
    const Row rows[] = {
        {{"-t", "-i"}, true, false, "-", {}},  // PHP
        {{"-ti"}, true, false, "-", {}},
        {{"-oem", "-oi", "-f", "alice@example.org", "--", "bob@example.net", "-x@example.net"},  // mutt
         false,
         false,
         "alice@example.org",
         {"bob@example.net", "-x@example.net"}},
        {{"-i", "bob@example.net"}, false, false, "-", {"bob@example.net"}},  // mailx, git send-email
        {{"-FCronDaemon", "-i", "-odi", "-oem", "-oi", "-t", "-f", "root"}, true, false, "root", {}},  // cron
        {{"-FCronDaemon", "-i", "-B8BITMIME", "-oem", "alice"}, false, false, "-", {"alice"}},
        {{"-falice@example.org", "bob"}, false, true, "alice@example.org", {"bob"}},
        {{"-f", "", "bob"}, false, true, "", {"bob"}},
        {{"-r", "a@b", "-O", "ErrorMode=q", "-OX=y", "-G", "-U", "-L", "tag", "-p", "ESMTP:h", "bob"},
         false,
         true,
         "a@b",
         {"bob"}},
        {{"bob"}, false, true, "-", {"bob"}},
    };
    for (const Row& row : rows) {
        const SendmailArguments parsed = parse(row.words);
        EXPECT_EQ(parsed.mode, Mode::deliver);
        EXPECT_EQ(parsed.recipients_from_header, row.from_header);
        EXPECT_EQ(parsed.dot_ends, row.dot_ends);
        EXPECT_EQ(parsed.from.value_or("-"), row.from);
        EXPECT_EQ(parsed.recipients, row.recipients);
    }
    EXPECT_EQ(parse({"-F", "Cron Daemon", "x"}).full_name, "Cron Daemon");
    EXPECT_TRUE(parse({"-v", "x"}).verbose);
}

TEST(SendmailArguments, Modes) {
    EXPECT_EQ(parse({"-bs", "-odb"}).mode, Mode::smtp);
    EXPECT_EQ(parse({"-bp"}).mode, Mode::list_queue);
    EXPECT_EQ(parse({"-q"}).mode, Mode::run_queue);
    EXPECT_EQ(parse({"-bi"}).mode, Mode::nothing);
    EXPECT_EQ(parse({}, "mailq").mode, Mode::list_queue);
    EXPECT_EQ(parse({}, "newaliases").mode, Mode::nothing);
    EXPECT_EQ(parse({"-q15m"}).interval, std::chrono::minutes(15));
    EXPECT_EQ(parse({"-q1h30m"}).interval, std::chrono::minutes(90));
    EXPECT_EQ(parse({"-q20"}).interval, std::chrono::minutes(20));
    EXPECT_FALSE(parse({"-qIabc"}).interval);
}

TEST(SendmailArguments, DeliveryStatus) {
    const SendmailArguments parsed = parse({"-N", "success,Failure", "-R", "hdrs", "-V", "id 1", "bob"});
    EXPECT_EQ(parsed.notify, (smtp::Notify{true, true, false}));
    EXPECT_EQ(parsed.ret, smtp::Return::headers);
    EXPECT_EQ(parsed.envelope_id, "id 1");
    EXPECT_EQ(parse({"-Nnever", "bob"}).notify, smtp::Notify{});
}

TEST(SendmailArguments, Refused) {
    const Words rows[] = {
        {"-Z"},  // unknown
        {"-f"},  // no value
        {"-t", "-f"},
        {"-f", "-oQ/tmp", "bob"},
        {"-bd"},  // no mode of ours
        {"-bt"},
        {"-N", "always"},
        {"-R", "none"},
        {"-q15y"},
        {"bob", "-oQ/tmp"},  // slipped in behind the recipients
        {"bob", "-bs"},
        {"--help"},
    };
    for (const Words& words : rows) {
        const auto parsed = parse_sendmail_arguments("sendmail", words);
        ASSERT_FALSE(parsed) << words[0];
        EXPECT_EQ(parsed.error().kind, Errc::usage);
    }
}

}  // namespace
}  // namespace mailpipe::app

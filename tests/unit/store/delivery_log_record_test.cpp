#include "mailpipe/store/delivery_log_record.hpp"

#include <gtest/gtest.h>

namespace mailpipe::store {
namespace {

TEST(DeliveryLogRecord, HeaderRoundTrip) {
    const std::string header = encode_log_header(0x0123456789ABCDEFULL);
    EXPECT_EQ(parse_log_header(header + "behind"), 0x0123456789ABCDEFULL);
    for (std::size_t size = 0; size < header.size(); ++size)
        EXPECT_FALSE(parse_log_header(std::string_view(header).substr(0, size)));
    for (std::size_t at = 0; at < header.size(); ++at) {
        std::string damaged = header;
        damaged[at] = static_cast<char>(damaged[at] ^ 1);
        EXPECT_FALSE(parse_log_header(damaged)) << at;
    }
}

TEST(DeliveryLogRecord, RecordRoundTrip) {
    const std::string text = std::string("a\0b\n", 4) + std::string(1000, 'x');
    for (const LogRecord& record : {LogRecord{LogRecord::Kind::message, "alice", "1.M2P3", text},
                                    LogRecord{LogRecord::Kind::removal, "bob/Maildir", "id", ""},
                                    LogRecord{LogRecord::Kind::message, "", "", ""}}) {
        std::string octets;
        append_log_record(record, 7, octets);
        EXPECT_EQ(octets.size(), record.size());
        const std::string followed = octets + "next";  // what is parsed refers to it
        const auto parsed = parse_log_record(followed, 7);
        ASSERT_TRUE(parsed);
        EXPECT_EQ(parsed->kind, record.kind);
        EXPECT_EQ(parsed->mailbox, record.mailbox);
        EXPECT_EQ(parsed->id, record.id);
        EXPECT_EQ(parsed->text, record.text);
        EXPECT_FALSE(parse_log_record(octets, 8));
    }
}

TEST(DeliveryLogRecord, WhatIsNotWholeIsTheEnd) {
    std::string octets;
    append_log_record({LogRecord::Kind::message, "alice", "id", "text"}, 7, octets);
    for (std::size_t size = 0; size < octets.size(); ++size)
        EXPECT_FALSE(parse_log_record(std::string_view(octets).substr(0, size), 7)) << size;
    for (std::size_t at = 0; at < octets.size(); ++at) {
        std::string damaged = octets;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x80);
        EXPECT_FALSE(parse_log_record(damaged, 7)) << at;
    }
    // Sizes that add up to more than there is, or beyond what a number holds.
    std::string huge = octets;
    huge.replace(20, 12, 12, '\xFF');
    EXPECT_FALSE(parse_log_record(huge, 7));
}

}  // namespace
}  // namespace mailpipe::store

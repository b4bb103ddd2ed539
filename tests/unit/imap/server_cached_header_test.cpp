#include "mailpipe/imap/server/cached_header.hpp"

#include <gtest/gtest.h>

namespace mailpipe::imap::server {
namespace {

TEST(CachedHeader, AsWritten) {
    EXPECT_EQ(cached_header("Received: x\r\n y\r\nSUBJECT: a\r\n b\r\nX-Rare: 1\r\nno field\r\nTo : c\r\n\r\n"),
              "SUBJECT: a\r\n b\r\nTo : c\r\n\r\n");
    EXPECT_EQ(cached_header("From: cut off"), "From: cut off\r\n\r\n");
    EXPECT_EQ(cached_header(""), "\r\n");
}

TEST(CachedHeader, Selected) {
    const std::string cached = cached_header("SUBJECT: a\r\n b\r\nTo : c\r\nFrom: d\r\nto: e\r\n\tf\r\n\r\n");
    EXPECT_EQ(select_cached(cached, {"to"}), "To : c\r\nto: e\r\n\tf\r\n\r\n");
    EXPECT_EQ(select_cached(cached, {"Subject", "FROM"}), "SUBJECT: a\r\n b\r\nFrom: d\r\n\r\n");
    EXPECT_EQ(select_cached(cached, {"Cc"}), "\r\n");
    EXPECT_EQ(select_cached("\r\n", {"Cc"}), "\r\n");
    EXPECT_EQ(select_cached("", {"Cc"}), "\r\n");
}

TEST(CachedHeader, Names) {
    for (const char* name : {"From", "MESSAGE-ID", "X-Universally-Unique-Identifier", "list-id"})
        EXPECT_TRUE(is_cached_field(name)) << name;
    for (const char* name :
         {"", "Received", "X-Rare", "Fromm", "x-a-name-that-is-longer-than-any-that-is-kept"})
        EXPECT_FALSE(is_cached_field(name)) << name;
    EXPECT_TRUE(are_cached_fields({"To", "Cc"}));
    EXPECT_FALSE(are_cached_fields({"To", "Received"}));
}

}  // namespace
}  // namespace mailpipe::imap::server

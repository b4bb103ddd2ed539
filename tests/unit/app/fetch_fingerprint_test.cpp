#include "mailpipe/app/fetch/fingerprint.hpp"

#include <gtest/gtest.h>

namespace mailpipe::app {
namespace {

Fingerprint of(std::string_view text, std::size_t piece = std::string_view::npos) {
    Fingerprinter fingerprinter;
    for (std::size_t at = 0; at < text.size(); at += std::min(piece, text.size()))
        fingerprinter.append(text.substr(at, piece));
    return fingerprinter.finish();
}

constexpr std::string_view kMessage =
    "Received: a\r\n\tb\r\nMessage-ID: <1@x>\r\nDate: Mon, 2 Nov 2026 10:00:00 +0100\r\nSubject: "
    "s\r\n\r\nbody\r\n";

TEST(FetchFingerprint, TheSameHoweverItComes) {
    const Fingerprint whole = of(kMessage);
    EXPECT_NE(whole.header, 0U);
    EXPECT_NE(whole.identity, 0U);
    for (std::size_t piece = 1; piece < kMessage.size(); ++piece)
        EXPECT_EQ(of(kMessage, piece), whole) << piece;
    std::string with_lf;
    for (const char c : kMessage) {
        if (c != '\r') with_lf += c;
    }
    EXPECT_EQ(of(with_lf), whole);
    EXPECT_EQ(of(kMessage.substr(0, kMessage.find("body"))), whole);
    EXPECT_EQ(of(std::string(kMessage) + "\r\nmore"), whole);
}

TEST(FetchFingerprint, WhatStoresWriteDoesNotCount) {
    std::string text(kMessage);
    text.insert(text.find("\r\n\r\n") + 2,
                "Status: RO\r\nX-UID: 7\r\nX-Keywords: a\r\n b\r\nContent-Length: 5\r\n");
    EXPECT_EQ(of(text), of(kMessage));
}

TEST(FetchFingerprint, AnotherHeaderIsAnotherMessage) {
    std::string text(kMessage);
    text.replace(text.find("\tb"), 2, "\tc");
    EXPECT_NE(of(text).header, of(kMessage).header);
    EXPECT_EQ(of(text).identity, of(kMessage).identity);
    EXPECT_EQ(of("Subject: s\r\n\r\n").identity, 0U);
    EXPECT_NE(of("Subject: s\r\n\r\n").header, of("Subject: t\r\n\r\n").header);
}

TEST(FetchFingerprint, WithoutHeaderAndWithoutEnd) {
    EXPECT_EQ(of("\r\nSubject: s\r\n"), of(""));
    EXPECT_EQ(of("\nSubject: s\n"), of(""));
    EXPECT_NE(of("\r\n").header, 0U);
    std::string endless = "X: ";
    endless.append(1U << 20, 'x');
    EXPECT_EQ(of(endless, 1000), of(endless));
    Fingerprinter fingerprinter;
    fingerprinter.append(kMessage);
    EXPECT_EQ(fingerprinter.finish(), of(kMessage));
    fingerprinter.append(kMessage);
    EXPECT_EQ(fingerprinter.finish(), of(kMessage));
}

}  // namespace
}  // namespace mailpipe::app

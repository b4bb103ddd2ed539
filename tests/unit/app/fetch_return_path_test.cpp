#include "mailpipe/app/fetch/return_path.hpp"

#include <gtest/gtest.h>

namespace mailpipe::app {
namespace {

TEST(FetchReturnPath, TakesTheTopmostField) {
    const std::string verp(200, 'v');
    const std::pair<std::string, std::string> rows[] = {
        {"Return-Path: <carol@example.net>\r\n", "carol@example.net"},
        {"return-path:<Carol@EXAMPLE.net>  \r\n", "Carol@example.net"},
        {"Received: x\r\nReturn-Path: <a@x.org>\r\nReturn-Path: <b@x.org>\r\n", "a@x.org"},
        {"Return-Path: <>\r\nFrom: carol@example.net\r\n", ""},
        {"Return-Path:\r\n <carol@example.net>\r\n", "carol@example.net"},
        {"Return-Path: carol@example.net\r\n", "carol@example.net"},
        {"Return-Path: <@relay.org:carol@example.net>\r\n", "carol@example.net"},
        {"Return-Path: <\"a b\"@x.org>\r\n", "\"a b\"@x.org"},
        {"Return-Path: <" + verp + "@x.org>\r\n", verp + "@x.org"},
        {"From: carol@example.net\r\nSender: carol@example.net\r\n", ""},
        {"Return-Path:\r\n", ""},
        {"Return-Path: <carol>\r\n", ""},
        {"Return-Path: <a@x.org> SIZE=1\r\nX: >\r\n", "a@x.org"},
        {"Return-Path: <a@x.org>\r\n RCPT TO:<b@x.org>\r\n", ""},
        {"Return-Path: <a\xC3\xA4@x.org>\r\n", ""},
        {"", ""},
    };
    for (const auto& [header, path] : rows)
        EXPECT_EQ(return_path(mime::parse_header(header + "\r\n")).encode(), path) << header;
}

}  // namespace
}  // namespace mailpipe::app

#include "mailpipe/app/send/completed_input.hpp"

#include <gtest/gtest.h>

#include "tests/unit/app/pipe.hpp"

namespace mailpipe::app {
namespace {

const std::string kWhole = "Message-ID: <1@x>\nDate: Mon, 2 Nov 2026 10:00:00 +0000\nFrom: a@x\n";
const std::string kWholeCrlf = "Message-ID: <1@x>\r\nDate: Mon, 2 Nov 2026 10:00:00 +0000\r\nFrom: a@x\r\n";

std::string complete(const std::string& text, bool dot_ends = false,
                     const mime::Address& author = {"", "me@here"}) {
    std::string first;
    for (const std::size_t step :
         {std::size_t{1} << 20, text.size() > 1000 ? std::size_t{4095} : std::size_t{1}}) {
        const FedPipe pipe(text, step);
        const auto input = make_completed_input(pipe.fd(), {author, dot_ends});
        const auto found = input->next();
        if (!found) return "! " + found.error().message;
        std::string out;
        while (true) {
            const auto piece = input->read();
            if (!piece || piece->empty()) break;
            out += *piece;
        }
        EXPECT_FALSE(input->next().value());
        EXPECT_TRUE(first.empty() || first.size() == out.size());
        first = out;
    }
    return first;
}

TEST(CompletedInput, KeepsWhatIsComplete) {
    EXPECT_EQ(complete(kWhole + "\nbody\n"), kWholeCrlf + "\r\nbody\r\n");
    EXPECT_EQ(complete(kWholeCrlf + "\r\nbody\r\n"), kWholeCrlf + "\r\nbody\r\n");
    EXPECT_EQ(complete("From bob Mon Nov  2 10:00:00 2026\n" + kWhole + "\nbody\n"),
              kWholeCrlf + "\r\nbody\r\n");
    EXPECT_EQ(complete(kWhole + "\n{\"raw\":1}\nFrom here\n"), kWholeCrlf + "\r\n{\"raw\":1}\r\nFrom here\r\n");
    EXPECT_EQ(complete(kWhole), kWholeCrlf + "\r\n");
    EXPECT_EQ(complete(kWhole + "Subject: no line end"), kWholeCrlf + "Subject: no line end\r\n\r\n");
}

TEST(CompletedInput, AnyOtherLineEndsTheHeader) {
    EXPECT_EQ(complete(kWhole + "hello\nworld\n"), kWholeCrlf + "\r\nhello\r\nworld\r\n");
    EXPECT_EQ(complete(kWhole + "Subject: a\n b\nnot a field\n"),
              kWholeCrlf + "Subject: a\r\n b\r\n\r\nnot a field\r\n");
    const std::string added = complete(" indented\n");
    EXPECT_TRUE(added.ends_with("From: me@here\r\n\r\n indented\r\n")) << added;
}

TEST(CompletedInput, AddsWhatIsMissing) {
    for (const std::string text : {"", "\n", "\nbody\n", "Subject: x\n\nbody\n", "just text\n"}) {
        const std::string out = complete(text, false, {"Ann \"A\" Lee", "ann@here.example"});
        EXPECT_TRUE(out.starts_with("Message-ID: <")) << out;
        EXPECT_NE(out.find("@here.example>\r\nDate: "), std::string::npos) << out;
        EXPECT_NE(out.find("\r\nFrom: \"Ann \\\"A\\\" Lee\" <ann@here.example>\r\n"), std::string::npos) << out;
        EXPECT_NE(out.find("\r\n\r\n"), std::string::npos) << out;
    }
    EXPECT_TRUE(complete("x\n", false, {"a\r\nBcc: evil", "me@here"}).starts_with("! "));
}

TEST(CompletedInput, ADotEndsIt) {
    const std::string body = "one\n..\n.two\n.\nthree\n";
    EXPECT_EQ(complete(kWhole + "\n" + body, true), kWholeCrlf + "\r\none\r\n..\r\n.two\r\n");
    EXPECT_EQ(complete(kWhole + "\n" + body, false), kWholeCrlf + "\r\none\r\n..\r\n.two\r\n.\r\nthree\r\n");
    EXPECT_EQ(complete(kWhole + "\none\n.", true), kWholeCrlf + "\r\none\r\n");
    EXPECT_EQ(complete(kWhole + "\r\none\r\n.\r\ntwo\r\n", true), kWholeCrlf + "\r\none\r\n");
    EXPECT_EQ(complete(kWhole + ".\nafter\n", true), kWholeCrlf + "\r\n");
}

TEST(CompletedInput, LongLinesComeInPieces) {
    const std::string line(300'000, 'x');
    EXPECT_EQ(complete(kWhole + "\n" + line + "\r\n" + line), kWholeCrlf + "\r\n" + line + "\r\n" + line);
}

}  // namespace
}  // namespace mailpipe::app

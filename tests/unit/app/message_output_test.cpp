#include "mailpipe/app/message_output.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <vector>

#include "mailpipe/app/message_input.hpp"
#include "mailpipe/base/encoding.hpp"
#include "mailpipe/base/limits.hpp"
#include "tests/unit/app/pipe.hpp"

namespace mailpipe::app {
namespace {

std::string written(MessageFormat format, const std::vector<std::string>& messages, std::size_t step,
                    const email::Context& context = {}) {
    const ScratchFile file;
    const auto output = MessageOutput::make(format, file.fd());
    for (const std::string& message : messages) {
        EXPECT_TRUE(output->begin(context));
        for (std::size_t at = 0; at < message.size(); at += step) {
            EXPECT_TRUE(output->append(std::string_view(message).substr(at, step)));
        }
        EXPECT_TRUE(output->finish());
    }
    return file.text();
}

std::vector<std::string> read_back(const std::string& text) {
    const ScratchFile file(text);
    const auto input = MessageInput::make(file.fd());
    std::vector<std::string> messages;
    while (true) {
        const auto more = input->next();
        EXPECT_TRUE(more) << more.error().message;
        if (!more || !*more) return messages;
        std::string message;
        while (true) {
            const auto piece = input->read();
            EXPECT_TRUE(piece) << piece.error().message;
            if (!piece || piece->empty()) break;
            message += *piece;
        }
        messages.push_back(message);
    }
}

const std::vector<std::string>& messages() {
    static const std::vector<std::string> kMessages = {
        "Subject: a\r\n\r\nbody\r\n",
        "Subject: b\r\n\r\nFrom x\r\n>From y\r\n>>From z\r\n>From\r\nFrom\r\n>\r\n>>a\r\nF\r\n",
        "",
        "\r\n",
        "\r\nFrom the start\r\n\r\nFrom here\r\n\r\n\r\n",
        "From a\r\n\r\n",
        "{\"raw\":\"x\"}\r\n",
        "A: b\r\n",
        "A: \xFF\x00\x01\r\n\r\n\xFE" + std::string(1, '\0') + "\r\n",
    };
    return kMessages;
}

TEST(MessageOutput, RoundTrips) {
    for (const auto format : {MessageFormat::mboxrd, MessageFormat::jsonl}) {
        for (const std::size_t step : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{100'000}}) {
            EXPECT_EQ(read_back(written(format, messages(), step)), messages()) << step;
        }
    }
    // Written with LF, so that only what no other format begins with comes back from rfc822.
    EXPECT_EQ(read_back(written(MessageFormat::rfc822, {messages()[1]}, 1)), std::vector{messages()[1]});
}

TEST(MessageOutput, AMessageOfEveryLineEnd) {
    const std::string odd = "A: b\r\n\r\nbare \r and \n and end\r";
    EXPECT_EQ(read_back(written(MessageFormat::jsonl, {odd}, 1)), std::vector{odd});
    EXPECT_EQ(written(MessageFormat::rfc822, {odd}, 1), "A: b\n\nbare \r and \n and end\r");
}

TEST(MessageOutput, Mboxrd) {
    email::Context context;
    context.received_at = 1795518000;
    EXPECT_EQ(written(MessageFormat::mboxrd, {"A: b\r\n\r\nFrom c"}, 3, context),
              "From MAILER-DAEMON Tue Nov 24 11:00:00 2026\nA: b\n\n>From c\n\n");
}

TEST(MessageOutput, JsonlHasTheEnvelopeAndRawLast) {
    email::Context context;
    context.ref = "imap://h/INBOX;UIDVALIDITY=1/;UID=2";
    const std::string text = written(MessageFormat::jsonl, {"Subject: \"q\"\r\n\r\nbody\r\n"}, 1, context);
    EXPECT_TRUE(text.starts_with("{\"ref\":\"imap://h/INBOX;UIDVALIDITY=1/;UID=2\",")) << text;
    EXPECT_NE(text.find("\"subject\":\"\\\"q\\\"\""), std::string::npos) << text;
    EXPECT_TRUE(text.ends_with(",\"raw\":\"" + encode_base64("Subject: \"q\"\r\n\r\nbody\r\n") + "\"}\n"))
        << text;
    EXPECT_NO_THROW(std::ignore = nlohmann::json::parse(text));
}

TEST(MessageOutput, AHeaderWithoutEndIsHeldUpToTheLimit) {
    const std::string message = "A: b\r\nB: " + std::string(limits::kHeaderSize + 100'000, 'x');
    EXPECT_EQ(read_back(written(MessageFormat::jsonl, {message}, 65536)), std::vector{message});
}

TEST(MessageOutput, SecondMessageInRfc822) {
    const ScratchFile file;
    const auto output = MessageOutput::make(MessageFormat::rfc822, file.fd());
    ASSERT_TRUE(output->begin({}));
    ASSERT_TRUE(output->finish());
    const auto second = output->begin({});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, Errc::data);
}

TEST(MessageOutput, ReaderOfThePipeHasGone) {
    std::signal(SIGPIPE, SIG_IGN);
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    ::close(ends[0]);
    const auto output = MessageOutput::make(MessageFormat::mboxrd, ends[1]);
    ASSERT_TRUE(output->begin({}));
    const auto finished = output->finish();
    ::close(ends[1]);
    ASSERT_FALSE(finished);
    EXPECT_EQ(finished.error().kind, Errc::io);
    EXPECT_TRUE(finished.error().message.ends_with(kPipeClosed));
}

TEST(MessageOutput, FullDisk) {
    const int fd = ::open("/dev/full", O_WRONLY);
    ASSERT_GE(fd, 0);
    const auto result = write_all(fd, "x", "receipts");
    ::close(fd);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, Errc::io);
    EXPECT_EQ(result.error().message, "cannot write to receipts: No space left on device");
}

}  // namespace
}  // namespace mailpipe::app

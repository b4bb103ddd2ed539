#include "mailpipe/app/message_input.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "mailpipe/base/encoding.hpp"
#include "mailpipe/base/limits.hpp"
#include "tests/unit/app/pipe.hpp"

namespace mailpipe::app {
namespace {

// What an input yields, one line an item, so that two runs can be compared.
std::vector<std::string> drain(int fd) {
    const auto input = MessageInput::make(fd);
    std::vector<std::string> items;
    while (true) {
        const auto more = input->next();
        if (!more) {
            items.push_back("error " + more.error().message);
            if (more.error().kind != Errc::data) return items;
            continue;
        }
        if (!*more) return items;
        std::string item = input->is_ref() ? "ref " + input->context().ref : "message ";
        while (true) {
            const auto piece = input->read();
            if (!piece) {
                item += "| error " + piece.error().message;
                break;
            }
            EXPECT_LE(piece->size(), 65536U);
            if (piece->empty()) break;
            item += *piece;
        }
        items.push_back(item);
    }
}

std::vector<std::string> drain(const std::string& text) {
    return drain(ScratchFile(text).fd());
}

std::string record(const std::string& message) {
    return "{\"raw\":\"" + encode_base64(message) + "\"}\n";
}

struct Row {
    std::string text;
    std::vector<std::string> items;
};

const std::vector<Row>& rows() {
    static const std::vector<Row> kRows = {
        {"", {}},
        // rfc822
        {"A: b\n\nc\n", {"message A: b\r\n\r\nc\r\n"}},
        {"A: b\r\n\r\nc\r\n", {"message A: b\r\n\r\nc\r\n"}},
        {"\nbody", {"message \r\nbody"}},
        {"a\rb\n", {"message a\rb\r\n"}},
        {"From", {"message From"}},
        {"A: b\n\n\nFrom x\n", {"message A: b\r\n\r\n\r\nFrom x\r\n"}},
        // mboxrd
        {"From a Thu Jan  1 00:00:01 1970\nA: b\n\nc\n\nFrom b\nD: e\n\n>From x\n>>From\n>>From y\n>z\n\n",
         {"message A: b\r\n\r\nc\r\n", "message D: e\r\n\r\nFrom x\r\n>>From\r\n>From y\r\n>z\r\n"}},
        {"From a\r\nA: b\r\n\r\nc\r\n\r\n", {"message A: b\r\n\r\nc\r\n"}},
        {"From a\n", {"message "}},
        {"From a\n\nFrom b\n\n\n", {"message ", "message \r\n"}},
        {"From a\nA: b", {"message A: b"}},
        // jsonl
        {record("A: b\r\n\r\nc"), {"message A: b\r\n\r\nc"}},
        {record("A: b\n\nc\r\n") + record(""), {"message A: b\n\nc\r\n", "message "}},
        {"{\"ref\":\"x\"}\n\n \r\n{\"ref\":\"y\",\"subject\":\"\\\"raw\\\":\\\"\"}", {"ref x", "ref y"}},
        {"{\"ref\":\"x\" , \"raw\" : \"YQ==\" } \r\n{\"ref\":\"y\"}\n", {"message a", "ref y"}},
        {"{\"raw\":\"YQ==\",\"ref\":\"x\"}\n", {"message a"}},
        {"{\"r\\u0061w\":\"YQ==\"}\n", {"message a"}},
        {"{\"a\":{\"raw\":\"x\"},\"b\":[{\"raw\":\"y\"}],\"ref\":\"x\"}\n", {"ref x"}},
        {"{\"a\":\"raw\",\"ref\":\"x\"}\n", {"ref x"}},
        {"{\"raw\":\"\\/w\\u003d\\u003D\"}\n", {"message \xFF"}},
        {"{\"raw\":null,\"ref\":\"x\"}\n", {"ref x"}},
        // Errors; the next record is found.
        {"{\"ref\":1}\n{\"ref\":\"y\"}\n", {"error line 1: ref is not a string", "ref y"}},
        {"{}\n{\"ref\":\"y\"}\n", {"error line 1: the record has neither raw nor ref", "ref y"}},
        {"{\"ref\":\"x\"}\nnonsense\n{\"ref\":\"y\"}\n",
         {"ref x", "error line 2: not JSON at octet 2", "ref y"}},
        {"{\"ref\":\"x\"}\n[]\n", {"ref x", "error line 2: not a JSON object"}},
        {"{\"raw\":1}\n", {"error line 1: raw is not a string"}},
        {"{\"raw\":\"YQ=\"}\n{\"ref\":\"y\"}\n",
         {"message | error line 1: raw is not base64: its end is missing", "ref y"}},
        {"{\"raw\":\"YQ==YQ==\"}\n{\"ref\":\"y\"}\n", {"message | error line 1: raw is not base64", "ref y"}},
        {"{\"raw\":\"Y Q=\"}\n", {"message | error line 1: raw is not base64"}},
        {"{\"raw\":\"\\n\"}\n", {"message | error line 1: raw is not base64"}},
        {"{\"raw\":\"YQ==", {"message a| error line 1: the input ends inside of raw"}},
        {"{\"raw\":\"YQ==\n{\"ref\":\"y\"}\n",
         {"message a| error line 1: the line ends inside of raw", "ref y"}},
        {"{\"raw\":\"YQ==\"\n{\"ref\":\"y\"}\n",
         {"message a| error line 1: the JSON object has no end", "ref y"}},
        {"{\"raw\":\"YQ==\"} x\n{\"ref\":\"y\"}\n",
         {"message a| error line 1: something follows the JSON object", "ref y"}},
        {"{\"ref\":\"x\n\"}\n", {"error line 1: not JSON at octet 10", "error line 2: not JSON at octet 3"}},
        {"{\"ref\":\"x\",\"size\":1e999}\n", {"error line 1: a number that is too large"}},
        {"{\"ref\":\"x\",\"uid\":0}\n", {"error line 1: uid is not a number from 1 to 4294967295"}},
        {"{\"ref\":\"x\",\"keywords\":{\"a\\nb\":true}}\n",
         {"error line 1: keywords has a name that is empty or has a space or control character"}},
        {"{\"ref\":\"x\",\"receivedAt\":\"yesterday\"}\n",
         {"error line 1: receivedAt is not a date such as 2026-11-24T11:00:00Z"}},
    };
    return kRows;
}

TEST(MessageInput, Table) {
    for (const Row& row : rows()) {
        SCOPED_TRACE(row.text);
        EXPECT_EQ(drain(row.text), row.items);
    }
}

TEST(MessageInput, SplitAtEveryOctet) {
    for (const Row& row : rows()) {
        SCOPED_TRACE(row.text);
        const FedPipe pipe(row.text, 1);
        EXPECT_EQ(drain(pipe.fd()), row.items);
    }
}

TEST(MessageInput, ContextOfARecord) {
    const ScratchFile file(
        "{\"ref\":\"maildir:/x;ID=y\",\"mailbox\":\"INBOX\",\"uid\":20,\"uidValidity\":17,\"uidl\":\"u\","
        "\"keywords\":{\"$seen\":true,\"$draft\":false},\"size\":123,\"receivedAt\":\"2026-11-24T12:00:00.5+01:"
        "00\","
        "\"from\":[{\"email\":\"a@b\"}],\"raw\":\"\"}\n");
    const auto input = MessageInput::make(file.fd());
    ASSERT_TRUE(input->next().value());
    const email::Context& context = input->context();
    EXPECT_EQ(context.ref, "maildir:/x;ID=y");
    EXPECT_EQ(context.mailbox, "INBOX");
    EXPECT_EQ(context.uid, 20U);
    EXPECT_EQ(context.uid_validity, 17U);
    EXPECT_EQ(context.uidl, "u");
    EXPECT_EQ(context.keywords, std::vector<std::string>{"$seen"});
    EXPECT_EQ(context.size, 123U);
    EXPECT_EQ(context.received_at, 1795518000);
    EXPECT_FALSE(input->is_ref());
}

TEST(MessageInput, DateOfAnMboxSeparator) {
    const ScratchFile file("From a@b Tue Nov 24 11:00:00 2026\nA: b\n\n");
    const auto input = MessageInput::make(file.fd());
    ASSERT_TRUE(input->next().value());
    EXPECT_EQ(input->context().received_at, 1795518000);
}

TEST(MessageInput, NextDropsWhatIsLeft) {
    const std::string body(200'000, 'x');
    for (const std::string& text : {"From a\n" + body + "\n\nFrom b\nlast", record(body) + record("last")}) {
        const ScratchFile file(text);
        const auto input = MessageInput::make(file.fd());
        ASSERT_TRUE(input->next().value());
        ASSERT_FALSE(input->read()->empty());
        ASSERT_TRUE(input->next().value());
        EXPECT_EQ(*input->read(), "last");
        EXPECT_FALSE(input->next().value());
    }
}

// A sender of 300 MB in one line does not fill the memory: what is held is bounded, and a raw beyond it must be
// last.
TEST(MessageInput, RawBeyondTheHeldLimit) {
    const std::string message(limits::kJsonRawHeld, 'x');
    const std::string base64 = encode_base64(message);
    const std::vector<std::string> last =
        drain("{\"ref\":\"a\",\"raw\":\"" + base64 + "\"}\n{\"ref\":\"y\"}\n");
    ASSERT_EQ(last.size(), 2U);
    EXPECT_EQ(last[0], "message " + message);
    EXPECT_EQ(last[1], "ref y");
    const std::vector<std::string> middle =
        drain("{\"raw\":\"" + base64 + "\",\"ref\":\"a\"}\n{\"ref\":\"y\"}\n");
    ASSERT_EQ(middle.size(), 2U);
    EXPECT_TRUE(
        middle[0].ends_with("line 1: raw is not the last key, and longer than kJsonRawHeld (4194304 octets); "
                            "write raw last"));
    EXPECT_EQ(middle[1], "ref y");
}

TEST(MessageInput, RecordBeyondTheLimit) {
    const std::string text = "{\"a\":\"" + std::string(limits::kJsonRecord, 'x') + "\",\"ref\":\"y\"}\n";
    const std::vector<std::string> items = drain(text);
    ASSERT_EQ(items.size(), 1U);
    EXPECT_NE(items[0].find("kJsonRecord"), std::string::npos) << items[0];
}

TEST(MessageInput, UnreadableDescriptor) {
    const auto input = MessageInput::make(-1);
    const auto more = input->next();
    ASSERT_FALSE(more);
    EXPECT_EQ(more.error().kind, Errc::io);
}

}  // namespace
}  // namespace mailpipe::app

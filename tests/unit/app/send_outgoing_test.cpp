#include "mailpipe/app/send/outgoing.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "mailpipe/base/encoding.hpp"

namespace mailpipe::app {
namespace {

// A message in memory, given in pieces.
class TextInput : public store::MessageReader {
 public:
    TextInput(std::string text, std::size_t piece) : text_(std::move(text)), piece_(piece) {}
    Result<std::string_view> read() override {
        const std::string_view piece = std::string_view(text_).substr(at_, piece_);
        at_ += piece.size();
        return piece;
    }

 private:
    std::string text_;
    std::size_t piece_;
    std::size_t at_ = 0;
};

SendOptions options(std::string from = "a@x.org", std::vector<std::string> recipients = {"b@x.org"}) {
    SendOptions options;
    options.from = std::move(from);
    options.has_from = true;
    options.recipients = std::move(recipients);
    return options;
}

struct Loaded {
    Result<void> result;
    std::string sent;
    smtp::Envelope envelope;
    std::vector<std::string> message_id;
};

Loaded load(const std::string& text, const SendOptions& given, std::size_t piece = 65536) {
    Outgoing message;
    TextInput input(text, piece);
    Loaded loaded{message.load(input, given, parse_given_envelope(given).value()), "", {}, {}};
    if (!loaded.result) return loaded;
    for (int pass = 0; pass < 2; ++pass) {
        loaded.sent.clear();
        message.text().rewind();
        while (true) {
            const auto octets = message.text().read();
            if (!octets || octets->empty()) break;
            loaded.sent += *octets;
        }
    }
    EXPECT_EQ(message.size(), loaded.sent.size());
    loaded.envelope = message.envelope();
    loaded.message_id = message.message_id();
    return loaded;
}

TEST(Outgoing, SendsWhatItWasGiven) {
    const std::string text = "Subject: x\r\nMessage-ID: <1@x.org>\r\n\r\n.\r\nb\xc3\xa4r\r\n";
    for (std::size_t piece : {std::size_t{1}, std::size_t{5}, std::size_t{65536}}) {
        const Loaded loaded = load(text, options(), piece);
        ASSERT_TRUE(loaded.result) << loaded.result.error().message;
        EXPECT_EQ(loaded.sent, text);
        EXPECT_EQ(loaded.envelope.body, smtp::Body::eight_bit);
        EXPECT_EQ(loaded.envelope.size, text.size());
        EXPECT_EQ(loaded.envelope.reverse_path.encode(), "a@x.org");
        EXPECT_EQ(loaded.message_id, std::vector<std::string>{"1@x.org"});
    }
}

TEST(Outgoing, RemovesBccWhoeverNamesTheRecipients) {
    EXPECT_EQ(
        load("Subject: x\r\nBcc: c@x.org,\r\n d@x.org\r\nResent-Bcc: e@x.org\r\n\r\nBcc: body\r\n", options())
            .sent,
        "Subject: x\r\n\r\nBcc: body\r\n");
}

TEST(Outgoing, AddsTheLastLineEnd) {
    EXPECT_EQ(load("Subject: x\r\n\r\nhello", options()).sent, "Subject: x\r\n\r\nhello\r\n");
    EXPECT_EQ(load("Subject: x", options()).sent, "Subject: x\r\n");
}

TEST(Outgoing, TakesRecipientsFromTheHeaderAndRemovesBcc) {
    SendOptions given = options("", {"extra@x.org"});
    given.has_from = false;
    given.recipients_from_header = true;
    const std::string text =
        "Bcc: hidden@x.org,\r\n b@x.org\r\nFrom: A <a@x.org>\r\nTo: b@x.org\r\nbcc: last@x.org\r\n\r\nBcc: "
        "body\r\n";
    for (std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{65536}}) {
        const Loaded loaded = load(text, given, piece);
        ASSERT_TRUE(loaded.result) << loaded.result.error().message;
        EXPECT_EQ(loaded.sent, "From: A <a@x.org>\r\nTo: b@x.org\r\n\r\nBcc: body\r\n");
        std::vector<std::string> recipients;
        for (const auto& recipient : loaded.envelope.recipients)
            recipients.push_back(recipient.encode());
        EXPECT_EQ(recipients,
                  (std::vector<std::string>{"extra@x.org", "hidden@x.org", "b@x.org", "last@x.org"}));
        EXPECT_EQ(loaded.envelope.reverse_path.encode(), "a@x.org");
    }
}

TEST(Outgoing, StreamsWhatDoesNotFitInMemory) {
    std::string text = "Subject: x\r\nBcc: y@x.org\r\n\r\n";
    for (int i = 0; i < 60'000; ++i)
        text += std::to_string(i) + " line of a message of some megabytes\r\n";
    SendOptions given = options();
    given.recipients_from_header = true;
    const Loaded loaded = load(text, given, 4000);
    ASSERT_TRUE(loaded.result);
    EXPECT_EQ(loaded.sent, "Subject: x\r\n" + text.substr(text.find("\r\n\r\n") + 2));
}

TEST(Outgoing, IsUsedForOneMessageAfterTheOther) {
    Outgoing message;
    const SendOptions given = options();
    const auto envelope = parse_given_envelope(given).value();
    for (const std::string& text :
         {"Subject: " + std::string(900, 'a') + "\r\n\r\n" + std::string(3'000'000, '\n'),
          std::string("Subject: small\r\n\r\nx\r\n")}) {
        TextInput input(text, 65536);
        const auto loaded = message.load(input, given, envelope);
        if (text.size() > 1000) {
            EXPECT_FALSE(loaded);
            continue;
        }
        ASSERT_TRUE(loaded);
        EXPECT_EQ(message.text().read().value(), text);
        EXPECT_EQ(message.size(), text.size());
    }
}

struct RefusalRow {
    std::string text;
    bool from_header;
    bool has_from;
    Errc kind;
    std::string says;
};

TEST(Outgoing, RefusesWhatCannotBeSent) {
    const RefusalRow rows[] = {
        {"", false, true, Errc::data, "no header"},
        {"just text\r\n", false, true, Errc::data, "no header"},
        {"\r\nbody\r\n", false, true, Errc::data, "no header"},
        {"Subject: x\r\n\r\na\nb\r\n", false, true, Errc::data, "line 3 has a bare LF"},
        {"Subject: x\r\n\r\n", false, false, Errc::usage, "-f"},
        {"From: nonsense\r\n\r\n", false, false, Errc::data, "-f"},
        {"To: undisclosed-recipients:;\r\n\r\n", true, true, Errc::data, "no recipient"},
        {"To: \"a b\"@@x\r\n\r\n", true, true, Errc::data, "recipient"},
    };
    for (const RefusalRow& row : rows) {
        SendOptions given = options(
            "a@x.org", row.from_header ? std::vector<std::string>{} : std::vector<std::string>{"b@x.org"});
        given.has_from = row.has_from;
        given.recipients_from_header = row.from_header;
        const Loaded loaded = load(row.text, given);
        ASSERT_FALSE(loaded.result) << row.text;
        EXPECT_TRUE(loaded.result.error().kind == row.kind || row.text == "From: nonsense\r\n\r\n")
            << row.text << ": " << loaded.result.error().message;
        EXPECT_NE(loaded.result.error().message.find(row.says), std::string::npos)
            << loaded.result.error().message;
    }
}

TEST(Outgoing, RepairsLineEnds) {
    SendOptions given = options();
    given.repair = true;
    EXPECT_EQ(load("Subject: x\n\na\rb\r\nc", given).sent, "Subject: x\r\n\r\na\r\nb\r\nc\r\n");
    EXPECT_FALSE(load(std::string("Subject: x\n\n\0\n", 14), given).result) << "a NUL is no line end";
}

TEST(GivenEnvelope, RefusesWhatIsNoAddress) {
    EXPECT_TRUE(parse_given_envelope(options("<>")).value().reverse_path->is_null());
    EXPECT_TRUE(parse_given_envelope(options("")).value().reverse_path->is_null());
    for (const char* from : {"not an address", "a@x.org\r\nDATA", "<a@x.org>"}) {
        EXPECT_EQ(parse_given_envelope(options(from)).error().kind, Errc::usage) << from;
    }
    for (const char* recipient : {"", "<>", "a b@x.org", "a@", "a@x.org\n", "a@x.org>", "@x.org:b@y.org"}) {
        EXPECT_EQ(parse_given_envelope(options("a@x.org", {recipient})).error().kind, Errc::usage) << recipient;
    }
    EXPECT_EQ(parse_given_envelope(options("a@x.org", {"b@x.org", "b@X.org"})).value().recipients.size(), 1U);
    EXPECT_EQ(parse_given_envelope(options("a@x.org", {"-f@x.org"})).value().recipients[0].encode(),
              "-f@x.org");
}

}  // namespace
}  // namespace mailpipe::app

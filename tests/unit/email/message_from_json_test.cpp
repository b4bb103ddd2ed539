#include "mailpipe/email/message_from_json.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "mailpipe/mime/part_tree.hpp"

namespace mailpipe::email {
namespace {

namespace fs = std::filesystem;

std::string build(const char* json) {
    const auto message = message_from_json(Json::parse(json), {});
    EXPECT_TRUE(message) << message.error().message;
    return message.value_or("");
}

std::string error_of(const std::string& json) {
    const auto message = message_from_json(Json::parse(json), {});
    EXPECT_FALSE(message) << json << " became\n" << *message;
    return message ? "" : message.error().message;
}

// The first example of RFC 8621 section 4.6, its blobs as raw.
TEST(MessageFromJson, ExampleOfTheRfc) {
    const std::string message = build(R"({
        "mailboxIds": {"2ea1ca41b38e": true},
        "keywords": {"$seen": true, "$draft": true},
        "from": [{"name": "Joe Bloggs", "email": "joe@example.com"}],
        "subject": "World domination",
        "receivedAt": "2018-07-10T01:05:08Z",
        "sentAt": "2018-07-10T11:03:11+10:00",
        "bodyStructure": {
            "type": "multipart/alternative",
            "subParts": [
                {"partId": "bd48", "type": "text/plain"},
                {"partId": "bd49", "type": "text/html"}
            ]
        },
        "bodyValues": {
            "bd48": {"value": "I have the most brilliant plan.\nLet me tell you all about it.\n", "isTruncated": false},
            "bd49": {"value": "<!DOCTYPE html><html><body>plan</body></html>", "isTruncated": false}
        }
    })");
    EXPECT_EQ(message,
              "From: Joe Bloggs <joe@example.com>\r\n"
              "Subject: World domination\r\n"
              "Date: Tue, 10 Jul 2018 11:03:11 +1000\r\n"
              "MIME-Version: 1.0\r\n"
              "Content-Type: multipart/alternative; boundary=\"=_mailpipe_00000001\"\r\n\r\n"
              "--=_mailpipe_00000001\r\n"
              "Content-Type: text/plain; charset=us-ascii\r\n\r\n"
              "I have the most brilliant plan.\r\nLet me tell you all about it.\r\n\r\n"
              "--=_mailpipe_00000001\r\n"
              "Content-Type: text/html; charset=us-ascii\r\n\r\n"
              "<!DOCTYPE html><html><body>plan</body></html>\r\n"
              "--=_mailpipe_00000001--\r\n");
}

TEST(MessageFromJson, StructureOfTheLists) {
    struct Row {
        const char* json;
        const char* structure;
    };
    const char* const values = R"("bodyValues":{"1":{"value":"t"},"2":{"value":"<p>"}})";
    const std::string text = R"("textBody":[{"partId":"1","type":"text/plain"}],)";
    const std::string html = R"("htmlBody":[{"partId":"2","type":"text/html"}],)";
    const std::string file =
        R"({"type":"application/pdf","raw":"QUJD","name":"a.pdf","disposition":"attachment"})";
    const std::string picture = R"({"type":"image/png","raw":"QUJD","cid":"p@x","disposition":"inline"})";
    const auto structure = [&](const std::string& members) {
        const auto message = message_from_json(Json::parse("{" + members + values + "}"), {});
        EXPECT_TRUE(message);
        const mime::PartTree tree = mime::parse_parts(*message);
        std::string out;
        for (const mime::Part& part : tree.parts)
            out += std::string(part.depth, ' ') + part.type.subtype + "\n";
        return out;
    };
    EXPECT_EQ(structure(text), "plain\n");
    EXPECT_EQ(structure(html), "html\n");
    EXPECT_EQ(structure(text + html), "alternative\n plain\n html\n");
    EXPECT_EQ(structure(text + "\"attachments\":[" + file + "],"), "mixed\n plain\n pdf\n");
    EXPECT_EQ(structure(text + html + "\"attachments\":[" + file + "," + picture + "],"),
              "mixed\n alternative\n  plain\n  related\n   html\n   png\n pdf\n");
    EXPECT_EQ(structure(text + "\"attachments\":[" + picture + "],"), "mixed\n plain\n png\n");
    EXPECT_EQ(structure(""), "plain\n");
}

TEST(MessageFromJson, HeaderForms) {
    const std::string message = build(R"({
        "header:X-Raw": " raw\r\n value",
        "header:X-Text:asText": "caf\u00e9",
        "header:X-All:asText:all": ["one", "two"],
        "header:To:asGroupedAddresses": [{"name": "G", "addresses": [{"name": null, "email": "a@x"}]}],
        "header:List-Post:asURLs": ["mailto:l@x"],
        "header:X-Ids:asMessageIds": ["a@x", "b@x"],
        "header:X-Date:asDate": "2018-07-10T11:03:11+10:00",
        "header:X-Null:asText": null,
        "cc": []
    })");
    EXPECT_EQ(message.substr(0, message.find("MIME-Version")),
              "X-Raw: raw\r\n value\r\n"
              "X-Text: =?utf-8?Q?caf=C3=A9?=\r\n"
              "X-All: one\r\nX-All: two\r\n"
              "To: G: a@x;\r\n"
              "List-Post: <mailto:l@x>\r\n"
              "X-Ids: <a@x> <b@x>\r\n"
              "X-Date: Tue, 10 Jul 2018 11:03:11 +1000\r\n");
}

TEST(MessageFromJson, Defaults) {
    const MessageDefaults defaults{mime::DateTime{2026, 11, 24, 18, 0, 0, 60}, "m@x", "seed"};
    EXPECT_EQ(message_from_json(Json::parse("{}"), defaults).value(),
              "Date: Tue, 24 Nov 2026 18:00:00 +0100\r\nMessage-ID: <m@x>\r\nMIME-Version: 1.0\r\n"
              "Content-Type: text/plain\r\n\r\n");
    const std::string given =
        message_from_json(
            Json::parse(R"({"sentAt":"2018-07-10T01:03:11Z","header:message-id:asMessageIds":["own@x"]})"),
            defaults)
            .value();
    EXPECT_EQ(given.find("2026"), std::string::npos);
    EXPECT_EQ(given.find("m@x>"), std::string::npos);
}

TEST(MessageFromJson, ErrorsSayWhere) {
    struct Row {
        const char* json;
        const char* error;
    };
    const std::vector<Row> rows = {
        {R"([])", "not a JSON object"},
        {R"({"Subject":"x"})", "Subject: no property of an Email object"},
        {R"({"subject":1})", "subject: not a string"},
        {R"({"subject":"x\r\nBcc: evil@x"})",
         "subject: Subject: a line end or a NUL cannot stand in a header field"},
        {R"({"from":"a@x"})", "from: not an array of {name, email}"},
        {R"({"from":[{"name":"x"}]})", "from: not an array of {name, email}"},
        {R"({"to":[{"email":"a@x, b@x"}]})", "to: To: \"a@x, b@x\" is no address"},
        {R"({"sentAt":"yesterday"})", "sentAt: not a date such as 2026-11-24T11:00:00Z"},
        {R"({"sentAt":"2026-02-30T11:00:00Z"})", "sentAt: not a date such as 2026-11-24T11:00:00Z"},
        {R"({"subject":"x","header:Subject:asText":"y"})",
         "header:Subject:asText: the header field Subject is given twice"},
        {R"({"header:Content-Type":"text/plain"})",
         "header:Content-Type: the field follows from the parts; give type, disposition, name, cid, ..."},
        {R"({"header:Subject:asDate":"x"})",
         "\"header:Subject:asDate\": RFC 8621 section 4.1.2 has no such form for this field"},
        {R"({"bodyStructure":{"type":"text"}})", "bodyStructure/type: not TYPE/SUBTYPE"},
        {R"({"bodyStructure":{"type":"multipart/mixed","subParts":[]}})",
         "bodyStructure/subParts: not an array with parts"},
        {R"({"bodyStructure":{"type":"multipart/mixed"}})",
         "bodyStructure: subParts belong to a multipart, and only to one"},
        {R"({"bodyStructure":{"type":"multipart/mixed","subParts":[{"partId":"1"}]}})",
         "bodyStructure/subParts/0: no content: neither raw nor a value in bodyValues (mail-show --json "
         "--attachments "
         "writes both)"},
        {R"({"bodyStructure":{"raw":"!"}})", "bodyStructure/raw: not base64"},
        {R"({"bodyStructure":{"raw":"","blobId":"x"}})",
         "bodyStructure/blobId: there are no blobs here; give the octets in raw"},
        {R"({"bodyStructure":{"raw":"","Name":"x"}})", "bodyStructure/Name: no property of a part"},
        {R"({"bodyStructure":{"partId":"1"},"bodyValues":{"1":{"value":"x","isTruncated":true}}})",
         "bodyValues/1: isTruncated: the rest of the text is missing"},
        {R"({"bodyStructure":{"partId":"1"},"bodyValues":{"1":{"value":"x","isEncodingProblem":true}}})",
         "bodyValues/1: isEncodingProblem: the text is not what was sent; give the part's raw"},
        {R"({"bodyStructure":{"partId":"1","type":"image/png"},"bodyValues":{"1":{"value":"x"}}})",
         "bodyValues/1: a value is for text only; give the octets in raw"},
        {R"({"textBody":[{"raw":"","type":"text/html"}]})",
         "textBody/0: without bodyStructure only text/plain can stand here"},
        {R"({"attachments":{}})", "attachments: not an array of parts"},
    };
    for (const Row& row : rows)
        EXPECT_EQ(error_of(row.json), row.error);
    std::string deep = R"({"raw":""})";
    for (int i = 0; i < 200; ++i)
        deep = R"({"type":"multipart/mixed","subParts":[)" + deep + "]}";
    EXPECT_NE(error_of(R"({"bodyStructure":)" + deep + "}").find("kMimeDepth"), std::string::npos);
}

TEST(MessageFromJson, TextOfAnObject) {
    EXPECT_TRUE(parse_email_object(R"({"subject":"x"})"));
    EXPECT_EQ(parse_email_object("{\"a\":").error().message, "not JSON at octet 6");
    EXPECT_EQ(parse_email_object("[]").error().message, "not a JSON object");
    EXPECT_FALSE(parse_email_object(std::string(1'000'000, '[')));
    EXPECT_EQ(parse_email_object(R"({"size":1e999})").error().message, "a number that is too large");
    std::string many = "{\"a\":{";
    for (int i = 0; i < 50'000; ++i)
        many += "\"" + std::to_string(i) + "\":0,";
    EXPECT_NE(parse_email_object(many + "\"x\":0}}").error().message.find("kMimeParts"), std::string::npos);
}

// What the corpora hold, turned into an object, built from it, and read again.
class RoundTrip : public ::testing::Test {
 protected:
    static std::vector<fs::path> messages() {
        std::vector<fs::path> paths;
        for (const auto& entry : fs::recursive_directory_iterator(MAILPIPE_CORPORA)) {
            const std::string extension = entry.path().extension();
            if (extension == ".eml" || extension == ".msg") paths.push_back(entry.path());
        }
        return paths;
    }
    static std::string read(const fs::path& path) {
        std::ifstream file(path, std::ios::binary);
        const std::string octets{std::istreambuf_iterator<char>(file), {}};
        std::string crlf;
        for (std::size_t i = 0; i < octets.size(); ++i) {
            if (octets[i] == '\n' && (i == 0 || octets[i - 1] != '\r')) crlf += '\r';
            crlf += octets[i];
        }
        return crlf;
    }
    // A text is written anew, in US-ASCII or UTF-8, where its value says all: its octets may differ.
    static Json comparable(const Json& json) {
        if (json.is_array()) {
            Json out = Json::array();
            for (const Json& element : json)
                out.push_back(comparable(element));
            return out;
        }
        if (!json.is_object()) return json;
        const bool rewritten =
            json.contains("charset") || json.contains("value") || json.contains("bodyStructure");
        Json out = Json::object();
        for (auto item = json.begin(); item != json.end(); ++item) {
            const std::string& key = item.key();
            const bool may_differ = key == "size" || key == "charset" || key == "isEncodingProblem" ||
                                    key == "raw" || key == "limitsMet";
            if (!rewritten || !may_differ) out[key] = comparable(item.value());
        }
        return out;
    }
};

TEST_F(RoundTrip, EqualObjects) {
    if (!fs::is_directory(MAILPIPE_CORPORA)) GTEST_SKIP() << "no corpora at " << MAILPIPE_CORPORA;
    EmailOptions options;
    options.with_raw = true;
    std::size_t equal = 0;
    for (const fs::path& path : messages()) {
        const Json object = email(read(path), {}, options);
        const auto built = message_from_json(object, {});
        if (!built) {
            ADD_FAILURE() << path << ": " << built.error().message;
            continue;
        }
        const Json again = email(*built, {}, options);
        if (comparable(again) == comparable(object)) {
            ++equal;
        } else {
            ADD_FAILURE() << path << "\n"
                          << Json::diff(comparable(object), comparable(again)).dump().substr(0, 600);
        }
    }
    EXPECT_GE(equal, 85U);
}

}  // namespace
}  // namespace mailpipe::email

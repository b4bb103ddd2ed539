#include "mailpipe/app/send/composer.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "mailpipe/mime/address.hpp"
#include "mailpipe/mime/header.hpp"
#include "tests/support/scratch_directory.hpp"

namespace mailpipe::app {
namespace {

class ComposerTest : public testing::Test {
 protected:
    std::string file(const std::string& name, const std::string& text) const {
        const std::string path = directory_ + "/" + name;
        std::ofstream(path, std::ios::binary) << text;
        return path;
    }
    static std::string composed(const ComposeOptions& options, const char* record = nullptr) {
        const auto composer = Composer::open(options, "me@here.example");
        if (!composer) return "! " + composer.error().message;
        email::Json json;
        if (record != nullptr) json = email::Json::parse(record);
        auto text = composer->compose(record != nullptr ? &json : nullptr);
        return text ? *text : "! " + text.error().message;
    }
    static std::string value(const std::string& message, std::string_view name) {
        const mime::Header header = mime::parse_header(message);
        const mime::Field* field = header.find(name);
        return field == nullptr ? "none" : mime::unfold(field->value);
    }

    const tests::ScratchDirectory scratch_;
    const std::string directory_ = scratch_.path();
};

TEST_F(ComposerTest, FieldsAndText) {
    ComposeOptions options;
    options.to = {"Bob <bob@x.example>, carol@x.example", "dan@x.example"};
    options.bcc = {"hidden@x.example"};
    options.subject = "Grüße";
    options.headers = {"X-Note: plain", "Reply-To: Désk <desk@x.example>", "In-Reply-To: <1@x>"};
    options.text_file = file("text", "Hello\n.\nWörld\n");
    const std::string message = composed(options);
    EXPECT_EQ(value(message, "From"), " me@here.example");
    EXPECT_EQ(value(message, "To"), " Bob <bob@x.example>, carol@x.example, dan@x.example");
    EXPECT_EQ(value(message, "Bcc"), " hidden@x.example");
    EXPECT_EQ(value(message, "X-Note"), " plain");
    EXPECT_EQ(value(message, "In-Reply-To"), " <1@x>");
    EXPECT_NE(value(message, "Reply-To").find("=?"), std::string::npos);
    EXPECT_NE(value(message, "Subject").find("=?"), std::string::npos);
    EXPECT_EQ(value(message, "MIME-Version"), " 1.0");
    EXPECT_NE(value(message, "Date"), "none");
    EXPECT_NE(value(message, "Message-ID").find("@here.example>"), std::string::npos);
    EXPECT_EQ(value(message, "Content-Type").find(" text/plain"), 0U);
}

TEST_F(ComposerTest, Parts) {
    ComposeOptions options;
    options.to = {"bob@x.example"};
    options.text_file = file("text", "plain\n");
    options.html_file = file("page.html", "<img src=\"cid:a%20b.png\">\n");
    options.inlines = {file("a b.png", std::string("\x89PNG\0\r\n", 7))};
    options.attachments = {file("notes.txt", "x\n"), file("latin1.txt", "\xe9\n"),
                           file("mail.eml", "A: b\n\nc\n")};
    const std::string message = composed(options);
    EXPECT_EQ(value(message, "Content-Type").find(" multipart/mixed"), 0U) << message;
    for (const char* piece :
         {"multipart/alternative", "multipart/related", "Content-ID: <a%20b.png>", "text/html",
          "filename=notes.txt", "image/png", "message/rfc822", "application/octet-stream"})
        EXPECT_NE(message.find(piece), std::string::npos) << piece << "\n" << message;
}

TEST_F(ComposerTest, NothingIsInjected) {
    const auto with = [](const std::string& header) {
        ComposeOptions options;
        options.to = {"bob@x.example"};
        options.headers = {header};
        return composed(options);
    };
    for (const char* header :
         {"X: a\r\nBcc: evil@x.example", "X: a\nb", "X\r\nY: z", "no colon", ": empty", "X Y: z"})
        EXPECT_TRUE(with(header).starts_with("! ")) << header;
    for (const char* header : {"To: a@b.c", "Subject: x", "Content-Type: text/html", "MIME-Version: 1.0"})
        EXPECT_TRUE(with(header).starts_with("! ")) << header;
    ComposeOptions options;
    options.to = {"bob@x.example"};
    options.subject = "a\r\nBcc: evil@x.example";
    EXPECT_TRUE(composed(options).starts_with("! "));
    options.subject = "x";
    options.to = {"bob@x.example\r\nBcc: evil@x.example"};
    const std::string message = composed(options);
    EXPECT_TRUE(message.starts_with("! ") || message.find("\r\nBcc:") == std::string::npos) << message;
}

TEST_F(ComposerTest, Merge) {
    ComposeOptions options;
    options.to = {"{{name}} <{{address}}>"};
    options.subject = "For {{name}}";
    options.text_file = file("text", "Dear {{name}}\n");
    const std::string message = composed(options, R"({"name":"Ann","address":"ann@x.example"})");
    EXPECT_EQ(value(message, "To"), " Ann <ann@x.example>");
    EXPECT_EQ(value(message, "Subject"), " For Ann");
    EXPECT_NE(message.find("Dear Ann\r\n"), std::string::npos);
    for (const char* record :
         {R"({"name":"Ann"})", R"({"name":"A","address":"a@x.example, evil@x.example"})",
          R"({"name":"A","address":"a@x.example>\r\nBcc: <evil@x.example"})",
          R"({"name":"A\r\nBcc: evil@x.example","address":"a@x.example"})", R"({"name":"A","address":""})"})
        EXPECT_TRUE(composed(options, record).starts_with("! ")) << record;
    const std::string quoted =
        composed(options, R"({"name":"A\", <evil@x.example>, \"B","address":"a@x.example"})");
    EXPECT_EQ(mime::flatten(mime::parse_address_list(value(quoted, "To"))).size(), 1U) << quoted;
}

}  // namespace
}  // namespace mailpipe::app

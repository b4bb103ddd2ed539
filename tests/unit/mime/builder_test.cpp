#include "mailpipe/mime/builder.hpp"

#include <gtest/gtest.h>

#include "mailpipe/base/limits.hpp"
#include "mailpipe/mime/part_tree.hpp"

namespace mailpipe::mime {
namespace {

Entity leaf(const char* type, const char* subtype, std::string body) {
    Entity entity;
    entity.type.type = type;
    entity.type.subtype = subtype;
    entity.body = std::move(body);
    return entity;
}

Entity multipart(std::vector<Entity> children) {
    Entity entity = leaf("multipart", "mixed", "");
    entity.children = std::move(children);
    return entity;
}

void expect_same(const Entity& entity, const PartTree& tree, std::size_t index) {
    const Part& part = tree.parts[index];
    EXPECT_EQ(part.type.full(), entity.type.full());
    EXPECT_EQ(part.disposition.type, entity.disposition.type);
    if (!entity.is_multipart()) {
        EXPECT_EQ(decode_body(tree, part), entity.body);
        return;
    }
    ASSERT_EQ(part.children.size(), entity.children.size());
    for (std::size_t i = 0; i < part.children.size(); ++i)
        expect_same(entity.children[i], tree, part.children[i]);
}

void expect_round_trip(const Entity& entity) {
    const auto text = build_message(entity, "seed");
    ASSERT_TRUE(text) << text.error().message;
    expect_same(entity, parse_parts(*text), 0);
}

TEST(MimeBuilder, OnePart) {
    Entity text = leaf("text", "plain", "Hello\r\n");
    text.fields = "Subject: s\r\n";
    EXPECT_EQ(build_message(text, "seed").value(),
              "Subject: s\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nHello\r\n");
}

TEST(MimeBuilder, Multipart) {
    Entity picture = leaf("image", "png", std::string("\x89PNG\0\r\n", 7));
    picture.disposition.type = "attachment";
    picture.disposition.parameters.parameters.push_back({"filename", "a.png", "a.png"});
    EXPECT_EQ(build_message(multipart({leaf("text", "plain", "Hi"), picture}), "seed").value(),
              "MIME-Version: 1.0\r\n"
              "Content-Type: multipart/mixed; boundary=\"=_seed_00000001\"\r\n\r\n"
              "--=_seed_00000001\r\n"
              "Content-Type: text/plain\r\n\r\n"
              "Hi\r\n"
              "--=_seed_00000001\r\n"
              "Content-Type: image/png\r\n"
              "Content-Disposition: attachment; filename=a.png\r\n"
              "Content-Transfer-Encoding: base64\r\n\r\n"
              "iVBORwANCg==\r\n\r\n"
              "--=_seed_00000001--\r\n");
}

TEST(MimeBuilder, IsReadBack) {
    expect_round_trip(
        multipart({leaf("text", "plain", ""), leaf("text", "plain", "x"), leaf("text", "plain", "x\r\n")}));
    expect_round_trip(multipart({leaf("text", "plain", "caf\xC3\xA9 and much more text here"),
                                 leaf("text", "html", "caf\xC3\xA9 and much more text here\r\n"),
                                 leaf("application", "octet-stream", std::string(1000, '\0'))}));
    expect_round_trip(
        multipart({multipart({leaf("text", "plain", "a\nb"), multipart({leaf("text", "plain", "c")})}),
                   leaf("message", "rfc822", "Subject: x\r\n\r\n--=_seed_00000001\r\n8-bit \xE9\r\n")}));
}

// A boundary that occurs in a part would cut it in two; one of an outer multipart that begins like an inner one
// would end that one early (RFC 2046 section 5.1.2).
TEST(MimeBuilder, BoundariesOccurNowhere) {
    std::string text;
    for (int i = 1; i <= 30; ++i)
        text += "--=_seed_000000" + std::string(i < 16 ? "0" : "") +
                std::string(1, "0123456789abcdef"[i % 16]) + "\r\n";
    const Entity entity = multipart({multipart({leaf("text", "plain", text)}), leaf("text", "plain", "x")});
    expect_round_trip(entity);
}

TEST(MimeBuilder, CompositePartsAreLabelledByTheirContent) {
    const auto header_of = [](const std::string& body) {
        const auto text = build_message(multipart({leaf("message", "rfc822", body)}), "seed");
        return text.value().substr(0, text->find("\r\n\r\n"));
    };
    EXPECT_EQ(header_of("Subject: x\r\n\r\ny").find("Transfer-Encoding"), std::string::npos);
    EXPECT_NE(header_of("Subject: x\r\n\r\n\xE9").find("Transfer-Encoding: 8bit"), std::string::npos);
    EXPECT_NE(header_of("Subject: x\r\n\r\n" + std::string(999, 'x')).find("Transfer-Encoding: binary"),
              std::string::npos);
}

TEST(MimeBuilder, Limits) {
    EXPECT_FALSE(build_message(multipart({}), "seed"));
    Entity deep = leaf("text", "plain", "x");
    for (std::size_t i = 0; i + 1 < limits::kMimeDepth; ++i)
        deep = multipart({std::move(deep)});
    EXPECT_TRUE(build_message(deep, "seed"));
    EXPECT_FALSE(build_message(multipart({std::move(deep)}), "seed"));
    EXPECT_FALSE(
        build_message(multipart(std::vector<Entity>(limits::kMimeParts, leaf("text", "plain", "x"))), "seed"));
}

}  // namespace
}  // namespace mailpipe::mime

#include "mailpipe/mime/parameter.hpp"

#include <gtest/gtest.h>

namespace mailpipe::mime {
namespace {

struct Row {
    std::string value;
    std::string type;
    std::vector<std::pair<std::string, std::string>> parameters;
};

TEST(Parameter, ContentType) {
    const Row rows[] = {
        {" text/plain; charset=us-ascii (Plain)", "text/plain", {{"charset", "us-ascii"}}},
        {"TEXT/Html; Charset=\"UTF-8\"", "text/html", {{"charset", "UTF-8"}}},
        {"(a) text (b) / (c) plain", "text/plain", {}},
        {"nonsense; x=y", "text/plain", {{"x", "y"}}},
        {"", "text/plain", {}},
        {"a/b/c; x=y", "a/b", {{"x", "y"}}},
        {"a/b; name=my file.pdf; x=y", "a/b", {{"name", "my file.pdf"}, {"x", "y"}}},
        {"a/b; one=1\r\n two=2", "a/b", {{"one", "1"}, {"two", "2"}}},
        {"a/b; x=1; x=2", "a/b", {{"x", "1"}}},
        {"a/b; ;; =1; y", "a/b", {}},
        {"a/b; x=\"unterminated", "a/b", {{"x", "unterminated"}}},
        {"a/b; x=\"a\\\"b\"", "a/b", {{"x", "a\"b"}}},
        {"a/b; name=\"=?utf-8?q?=C3=A9?=.txt\"", "a/b", {{"name", "\u00e9.txt"}}},
        {"a/b; name=caf\xE9", "a/b", {{"name", "caf\u00e9"}}},
        // RFC 2231
        {"a/b; x*=us-ascii'en-us'This%20is%20%2A", "a/b", {{"x", "This is *"}}},
        {"a/b; u*0=\"ftp://\"; u*1=\"cs.utk.edu\"", "a/b", {{"u", "ftp://cs.utk.edu"}}},
        {"a/b; t*0*=us-ascii'en'even%20more%20; t*1*=%2A%20; t*2=\"isn't it!\"",
         "a/b",
         {{"t", "even more * isn't it!"}}},
        {"a/b; t*1=b; t*0=a; t*2=c", "a/b", {{"t", "abc"}}},
        {"a/b; t*0=a; t*2=c", "a/b", {{"t", "ac"}}},
        {"a/b; t*0=a; t*0=x; t*1=b", "a/b", {{"t", "ab"}}},
        {"a/b; t=plain; t*=utf-8''%C3%A9", "a/b", {{"t", "\u00e9"}}},
        {"a/b; t*0*=utf-8''%E2%82; t*1*=%AC", "a/b", {{"t", "\u20ac"}}},
        {"a/b; t*=no-charset", "a/b", {{"t", "no-charset"}}},
        {"a/b; t*=utf-8''100%", "a/b", {{"t", "100%"}}},
        {"a/b; t*99999999999999999999=x", "a/b", {{"t", "x"}}},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(row.value);
        const ContentType type = parse_content_type(row.value);
        EXPECT_EQ(type.full(), row.type);
        std::vector<std::pair<std::string, std::string>> parameters;
        for (const Parameter& p : type.parameters.parameters)
            parameters.emplace_back(p.name, p.value);
        EXPECT_EQ(parameters, row.parameters);
    }
}

TEST(Parameter, BoundaryKeepsItsOctets) {
    const ContentType type = parse_content_type("multipart/mixed; boundary=\"=?utf-8?q?a?=\xE9\"");
    EXPECT_EQ(type.parameters.find_raw("boundary"), "=?utf-8?q?a?=\xE9");
    EXPECT_EQ(type.parameters.find_raw("none"), "");
    EXPECT_TRUE(type.parameters.has("boundary"));
    EXPECT_FALSE(type.parameters.has("none"));
}

TEST(Parameter, ContentDisposition) {
    EXPECT_EQ(parse_content_disposition(" Attachment; filename=x").type, "attachment");
    EXPECT_EQ(parse_content_disposition(" Attachment; filename=x").parameters.find("filename"), "x");
    EXPECT_EQ(parse_content_disposition("filename=x").type, "");
    EXPECT_EQ(parse_content_disposition("filename=x").parameters.find("filename"), "x");
    EXPECT_EQ(parse_content_disposition("").type, "");
    EXPECT_EQ(parse_content_disposition("inline (c); filename*=utf-8''a%2Fb").parameters.find("filename"),
              "a/b");
}

}  // namespace
}  // namespace mailpipe::mime

#include "mailpipe/mime/part_tree.hpp"

#include <gtest/gtest.h>

#include "mailpipe/base/limits.hpp"

namespace mailpipe::mime {
namespace {

// "type/subtype@depth=body" of each part, joined by "|".
std::string outline(std::string_view message) {
    const PartTree tree = parse_parts(message);
    std::string out;
    for (const Part& part : tree.parts) {
        if (!out.empty()) out += '|';
        out += part.type.full() + "@" + std::to_string(part.depth);
        if (part.children.empty()) out += "=" + std::string(tree.body(part));
    }
    return out;
}

const std::string kMixed = "Content-Type: multipart/mixed; boundary=b\n\n";

struct Row {
    std::string name;
    std::string message;
    std::string outline;
};

TEST(PartTree, Outline) {
    const Row rows[] = {
        {"plain", "A: 1\r\n\r\nbody\r\n", "text/plain@0=body\r\n"},
        {"empty", "", "text/plain@0="},
        {"no header", "body\n", "text/plain@0=body\n"},
        {"empty header", "\r\nbody", "text/plain@0=body"},
        {"two parts", kMixed + "pre\n--b\n\none\n--b\nContent-Type: text/html\n\ntwo\n--b--\npost\n",
         "multipart/mixed@0|text/plain@1=one|text/html@1=two"},
        {"CRLF", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n\r\n--b--\r\n",
         "multipart/mixed@0|text/plain@1=one\r\n"},
        {"unterminated", kMixed + "--b\n\none\n", "multipart/mixed@0|text/plain@1=one\n"},
        {"no delimiter at all", kMixed + "text\n", "text/plain@0=text\n"},
        {"no boundary parameter", "Content-Type: multipart/mixed\n\n--\n\nx\n", "text/plain@0=--\n\nx\n"},
        {"empty boundary", "Content-Type: multipart/mixed; boundary=\"\"\n\n--\n\nx\n",
         "text/plain@0=--\n\nx\n"},
        {"padding", kMixed + "--b \t\n\none\n--b  junk\n\ntwo\n--b-- \n",
         "multipart/mixed@0|text/plain@1=one|text/plain@1=two"},
        {"longer lines are no delimiters", kMixed + "--b\n\n--bb\n--b-x\n --b\n--b--\n",
         "multipart/mixed@0|text/plain@1=--bb\n--b-x\n --b"},
        {"header cut off by a delimiter", kMixed + "--b\nContent-Type: text/html\n--b\n\nx\n--b--\n",
         "multipart/mixed@0|text/html@1=|text/plain@1=x"},
        {"no empty line behind the header",
         "Content-Type: multipart/mixed; boundary=b\nA: 1\n--b \n\none\n--b\nA: 2\n\ntwo\n--b--\n",
         "multipart/mixed@0|text/plain@1=one|text/plain@1=two"},
        {"no empty line behind an inner header",
         kMixed + "--b\nContent-Type: multipart/mixed; boundary=c\n--c\n\none\n--c--\n--b\n\ntwo\n--b--\n",
         "multipart/mixed@0|multipart/mixed@1|text/plain@2=one|text/plain@1=two"},
        {"another line in its place", "Content-Type: multipart/mixed; boundary=b\n--c\n--b\nA: 1\n\none\n",
         "text/plain@0=one\n"},
        {"part without header and empty line", kMixed + "--b\njust text\n--b--\n",
         "multipart/mixed@0|text/plain@1=just text"},
        {"empty parts", kMixed + "--b\n--b\n--b--\n", "multipart/mixed@0|text/plain@1=|text/plain@1="},
        {"digest", "Content-Type: multipart/digest; boundary=b\n\n--b\n\nA: 1\n\nx\n--b--\n",
         "multipart/digest@0|message/rfc822@1|text/plain@2=x"},
        {"message", "Content-Type: message/rfc822\n\nA: 1\n\nx\n", "message/rfc822@0|text/plain@1=x\n"},
        {"encoded message is a leaf",
         "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nQTogMQ==\n",
         "message/rfc822@0=QTogMQ==\n"},
        {"nested",
         kMixed +
             "--b\nContent-Type: multipart/alternative; boundary=c\n\n--c\n\n1\n--c--\nepi\n--b\n\n2\n--b--\n",
         "multipart/mixed@0|multipart/alternative@1|text/plain@2=1|text/plain@1=2"},
        {"inner boundary missing",
         kMixed + "--b\nContent-Type: multipart/alternative; boundary=c\n\n--c\n\n1\n--b\n\n2\n--b--\n",
         "multipart/mixed@0|multipart/alternative@1|text/plain@2=1|text/plain@1=2"},
        {"inner boundary is a prefix of the outer one",
         "Content-Type: multipart/mixed; boundary=bb\n\n--bb\nContent-Type: multipart/mixed; "
         "boundary=b\n\n--b\n\n1\n--b--\n--bb\n\n2\n--bb--\n",
         "multipart/mixed@0|multipart/mixed@1|text/plain@2=1|text/plain@1=2"},
        {"boundary that ends with --",
         "Content-Type: multipart/mixed; boundary=\"b--\"\n\n--b--\n\n1\n--b----\n",
         "multipart/mixed@0|text/plain@1=1"},
        {"the same boundary twice: the inner one ends first",
         kMixed + "--b\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n1\n--b--\n--b\n\n2\n--b--\n",
         "multipart/mixed@0|multipart/mixed@1|text/plain@2=1|text/plain@1=2"},
        {"closed multipart ignores its boundary", kMixed + "--b\n\n1\n--b--\n--b\n\n2\n",
         "multipart/mixed@0|text/plain@1=1"},
        {"message in a part ends at the delimiter",
         kMixed + "--b\nContent-Type: message/rfc822\n\nA: 1\n\nx\n--b\n\ny\n--b--\n",
         "multipart/mixed@0|message/rfc822@1|text/plain@2=x|text/plain@1=y"},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(row.name);
        EXPECT_EQ(outline(row.message), row.outline);
    }
}

const std::string kDeep =
    "Content-Type: multipart/mixed; boundary=a\n\n"
    "--a\n\none\n"
    "--a\nContent-Type: message/rfc822\n\nContent-Type: multipart/mixed; "
    "boundary=b\n\n--b\n\nin1\n--b\n\nin2\n--b--\n"
    "--a\nContent-Type: multipart/alternative; boundary=c\n\n--c\n\nalt1\n--c\n\nalt2\n--c--\n"
    "--a\nContent-Type: message/rfc822\n\nA: 1\n\nsingle\n--a--\n";

TEST(PartTree, Numbers) {
    const PartTree tree = parse_parts(kDeep);
    std::vector<std::string> numbers;
    for (const std::size_t index : numbered_parts(tree))
        numbers.push_back(part_number(tree, index));
    EXPECT_EQ(numbers, (std::vector<std::string>{"1", "2", "2.1", "2.2", "3", "3.1", "3.2", "4", "4.1"}));
    EXPECT_EQ(tree.body(tree.parts[*find_part(tree, "2.2")]), "in2");
    EXPECT_EQ(tree.body(tree.parts[*find_part(tree, "3.1")]), "alt1");
    EXPECT_EQ(tree.body(tree.parts[*find_part(tree, "4.1")]), "single");
    for (const char* none : {"", "0", "5", "1.1", "2.3", "01", "1.", ".1", "x", "4294967297"}) {
        EXPECT_EQ(find_part(tree, none), std::nullopt) << none;
    }
    const PartTree single = parse_parts("A: 1\n\nx");
    EXPECT_EQ(find_part(single, "1"), 0U);
    const PartTree forwarded = parse_parts("Content-Type: message/rfc822\n\nA: 1\n\nx");
    EXPECT_EQ(find_part(forwarded, "1"), 0U);
    EXPECT_EQ(find_part(forwarded, "1.1"), 1U);
}

TEST(PartTree, FieldOffsetsAreThoseOfTheMessage) {
    const PartTree tree = parse_parts(kDeep);
    for (const Part& part : tree.parts) {
        for (const Field& field : part.header.fields) {
            EXPECT_EQ(kDeep.substr(field.offset, field.name.size()), field.name);
        }
    }
}

TEST(PartTree, FileName) {
    const PartTree tree =
        parse_parts("Content-Type: a/b; name=x\nContent-Disposition: attachment; filename=y\n\n");
    EXPECT_EQ(file_name(tree.parts[0]), "y");
    EXPECT_EQ(file_name(parse_parts("Content-Type: a/b; name=x\n\n").parts[0]), "x");
    EXPECT_EQ(file_name(parse_parts("\n").parts[0]), "");
}

TEST(PartTree, DecodeBody) {
    bool problem = false;
    const PartTree tree = parse_parts("Content-Transfer-Encoding: base64\n\naGVsbG8=\n");
    EXPECT_EQ(decode_body(tree, tree.parts[0], &problem), "hello");
    EXPECT_FALSE(problem);
}

}  // namespace
}  // namespace mailpipe::mime

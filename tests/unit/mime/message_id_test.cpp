#include "mailpipe/mime/message_id.hpp"

#include <gtest/gtest.h>

namespace mailpipe::mime {
namespace {

struct Row {
    std::string value;
    std::vector<std::string> ids;
};

TEST(MessageId, Parse) {
    const Row rows[] = {
        {" <a@b>", {"a@b"}},
        {"<a@b>\r\n <c@d><e@f>", {"a@b", "c@d", "e@f"}},
        {"<a@b> (comment <x@y>) <c@d>", {"a@b", "c@d"}},
        {"Your message of \"Mon <x@y>\" <a@b>", {"a@b"}},
        {"<a@\r\n b>", {"a@b"}},
        {"<a@b <c@d>", {"a@b", "c@d"}},
        {"<a@b", {"a@b"}},
        {"a@b c@d", {"a@b", "c@d"}},
        {"word", {}},
        {"<>", {}},
        {"", {}},
        {"<\"quoted\"@b>", {"\"quoted\"@b"}},
        {"<a(x (y)) @ b(z)>", {"a@b"}},
        {"<\"a(b\"@c>", {"\"a(b\"@c"}},
        {"<a(b@c> <d@e>", {"a(b@c", "d@e"}},
        {"<caf\xE9@b>", {"caf\u00e9@b"}},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(row.value);
        EXPECT_EQ(parse_message_ids(row.value), row.ids);
    }
}

// What is to be taken as it stands is read in another way: a space behind the bracket makes it one that is not.
TEST(MessageId, PlainSaysTheSame) {
    const std::string id = "<a.1$b+c@d.example>";
    for (std::size_t at = 1; at < id.size(); ++at) {
        for (const char c : std::string("a@ <>\"()\\[].\t\r\n\x01\x7F\xC3")) {
            const std::string value = std::string(id).insert(at, 1, c);
            EXPECT_EQ(parse_message_ids(value), parse_message_ids("< " + value.substr(1))) << value;
        }
    }
}

}  // namespace
}  // namespace mailpipe::mime

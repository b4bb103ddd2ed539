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

}  // namespace
}  // namespace mailpipe::mime

#include "mailpipe/store/open.hpp"

#include <sys/stat.h>

#include "tests/unit/store/store_test_support.hpp"

namespace mailpipe::store::test {
namespace {

class OpenTest : public StoreTest {};

TEST_F(OpenTest, DetectsWhatIsThere) {
    std::filesystem::create_directories(path("maildir/cur"));
    std::filesystem::create_directories(path("directory/new"));
    write_file(path("mbox"), "From a\n\n");
    write_file(path("empty"), "");
    write_file(path("message"), "From: a\n\n");
    ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
    struct Row {
        const char* name;
        Kind kind;
    };
    for (const Row& row : {Row{"maildir", Kind::maildir}, Row{"directory", Kind::nothing},
                           Row{"mbox", Kind::mbox}, Row{"empty", Kind::mbox}, Row{"message", Kind::message},
                           Row{"fifo", Kind::nothing}, Row{"missing", Kind::nothing}}) {
        EXPECT_EQ(detect(path(row.name)), row.kind) << row.name;
    }
}

}  // namespace
}  // namespace mailpipe::store::test

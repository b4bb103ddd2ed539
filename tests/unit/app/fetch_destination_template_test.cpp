#include "mailpipe/app/fetch/destination_template.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "mailpipe/app/location.hpp"
#include "mailpipe/imap/modified_utf7.hpp"

namespace mailpipe::app {
namespace {

TemplateValues of_mailbox(std::string mailbox, std::string delimiter = "/") {
    TemplateValues values;
    values.mailbox = std::move(mailbox);
    values.delimiter = std::move(delimiter);
    values.user = "bob@example.org";
    values.host = "imap.example.org";
    return values;
}

TEST(FetchDestinationTemplate, Folders) {
    struct Row {
        const char* mailbox;
        const char* delimiter;
        const char* folder;
    };
    for (const Row& row :
         {Row{"INBOX", "/", ""}, Row{"inbox", "/", ""}, Row{"INBOX/a", "/", ".INBOX.a"},
          Row{"Lists/c++", "/", ".Lists.c++"}, Row{"Lists.c++", ".", ".Lists.c++"},
          Row{"a.b/c", "/", ".a\\2eb.c"}, Row{"a/b", ".", ".a\\2fb"}, Row{"a/b", "", ".a\\2fb"},
          Row{"a\\b", "/", ".a\\5cb"}, Row{"a\\b", "\\", ".a.b"}, Row{"", "/", ".\\00"},
          Row{"a//b", "/", ".a.\\00.b"}, Row{"/", "/", ".\\00.\\00"},
          Row{"Entw\xC3\xBCrfe/\xE2\x98\x83", "/", ".Entw&APw-rfe.&JgM-"}, Row{"R&D", "/", ".R&-D"},
          Row{"a&b\xFF", "/", ".a\\26b\\ff"}, Row{"a b", "/", ".a b"}}) {
        EXPECT_EQ(folder_of_mailbox(row.mailbox, row.delimiter), row.folder) << row.mailbox;
    }
}

// What a hostile server can name a mailbox leaves no directory and stands for no other mailbox.
TEST(FetchDestinationTemplate, HostileNames) {
    const std::vector<std::string> names{"..",
                                         ".",
                                         "../..",
                                         "../../etc/passwd",
                                         "/etc/passwd",
                                         "a/../../b",
                                         "...",
                                         "a/..",
                                         "..\\..",
                                         ".hidden",
                                         "-rf",
                                         "~",
                                         "~root",
                                         "a\nb",
                                         "a\rb",
                                         std::string("a\0b", 3),
                                         std::string("\0", 1),
                                         "%2e%2e",
                                         "%2F",
                                         "cur",
                                         "new",
                                         "tmp",
                                         "&-",
                                         "&AC4-&AC4-",
                                         "&AC8-",
                                         "\xC0\xAE\xC0\xAE",
                                         "\xFF",
                                         "\x7F",
                                         std::string(300, 'x'),
                                         std::string(300, '/'),
                                         std::string(299, 'x') + "y",
                                         std::string(300, '.'),
                                         std::string(300, '\n'),
                                         "\xE2\x80\xAE"
                                         "gnp",
                                         "a;ID=b",
                                         "INBOX\\2e",
                                         "\\",
                                         "\\2e\\2e",
                                         "a\\2eb",
                                         "a.b"};
    for (const char* destination : {"maildir:/top/Mail/%m", "mbox:/top/Mail/%m", "maildir:/top/Mail/x%m"}) {
        for (const char* delimiter : {"/", ".", "\\", ""}) {
            std::set<std::string> paths;
            for (const std::string& name : names) {
                const auto expanded = expand_destination(destination, of_mailbox(name, delimiter));
                ASSERT_TRUE(expanded);
                const auto location = parse_location(expanded->text);
                ASSERT_TRUE(location) << name << ": " << location.error().message;
                EXPECT_FALSE(location->is_ref()) << name;
                const std::filesystem::path path(location->path);
                EXPECT_EQ(path.parent_path(), "/top/Mail") << name << " becomes " << location->path;
                EXPECT_EQ(path.lexically_normal(), path) << name;
                EXPECT_LE(path.filename().string().size(), kLongestComponent + 1);
                EXPECT_TRUE(paths.insert(location->path).second)
                    << name << " is another mailbox's " << location->path;
                EXPECT_EQ(*parse_location(encode(*location)), *location);
            }
        }
    }
}

TEST(FetchDestinationTemplate, Expands) {
    struct Row {
        const char* destination;
        const char* text;
        const char* root;
    };
    for (const Row& row :
         {Row{"maildir:Mail/%m", "maildir:Mail/.Lists.a%20b", "maildir:Mail"},
          Row{"maildir:Mail/%h/%u/%m", "maildir:Mail/imap.example.org/bob@example.org/.Lists.a%20b",
              "maildir:Mail/imap.example.org/bob@example.org"},
          Row{"MAILDIR:%n", "MAILDIR:account", ""}, Row{"mbox:Mail/%m", "mbox:Mail/Lists.a%20b", ""},
          Row{"maildir:Mail%20%m", "maildir:Mail%20.Lists.a%20b", ""},
          Row{"maildir:/%m", "maildir:/.Lists.a%20b", ""}, Row{"maildir:x%20y", "maildir:x%20y", ""},
          Row{"pipe:date +%m", "pipe:date +%m", ""}, Row{"lmtp:/%m", "lmtp:/%m", ""},
          Row{"maildir:100%25m", "maildir:100%25m", ""}}) {
        const auto expanded = expand_destination(row.destination, of_mailbox("Lists/a b"));
        ASSERT_TRUE(expanded);
        EXPECT_EQ(expanded->text, row.text);
        EXPECT_EQ(expanded->root, row.root) << row.destination;
    }
    EXPECT_EQ(expand_destination("maildir:Mail/%m", of_mailbox("INBOX"))->text, "maildir:Mail/");
    EXPECT_EQ(expand_destination("maildir:Mail/%m", of_mailbox("INBOX"))->root, "");
    EXPECT_EQ(expand_destination("mbox:Mail/%m", of_mailbox("INBOX"))->text, "mbox:Mail/INBOX");
    TemplateValues hostile = of_mailbox("INBOX");
    hostile.user = "../x";
    hostile.account = "";
    EXPECT_EQ(expand_destination("maildir:/m/%u", hostile)->text, "maildir:/m/%5C2e.%5C2fx");
    const auto nameless = expand_destination("maildir:/m/%n", hostile);
    ASSERT_FALSE(nameless);
    EXPECT_EQ(nameless.error().kind, Errc::usage);
    EXPECT_TRUE(has_template("maildir:a/%u"));
    EXPECT_FALSE(has_template("pipe:a %u"));
    EXPECT_FALSE(has_template("maildir:a%25u"));
    EXPECT_TRUE(names_mailbox("mbox:%m"));
    EXPECT_FALSE(names_mailbox("maildir:%u"));
}

}  // namespace
}  // namespace mailpipe::app

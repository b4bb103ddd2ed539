#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// What a server says of mailboxes as a whole (RFC 3501 sections 7.2.2 and 7.2.4, RFC 6154, 8438, 9208).
namespace mailpipe::imap {

struct ListedMailbox {
    std::string name;                     // UTF-8; as it stands on the wire where that is no modified UTF-7
    bool is_addressable = true;           // false: `name` cannot be sent back
    std::string delimiter;                // of levels in `name`; empty: there are none
    std::vector<std::string> attributes;  // as the server writes them, "\\Noselect", "\\Sent"
};

struct MailboxStatus {
    std::string name;
    std::optional<std::uint64_t> messages;
    std::optional<std::uint64_t> unseen;
    std::optional<std::uint64_t> uid_next;
    std::optional<std::uint64_t> uid_validity;
    std::optional<std::uint64_t> size;
    std::optional<std::uint64_t> highest_modseq;
};

struct UidRange {  // first <= last
    std::uint32_t first = 0;
    std::uint32_t last = 0;
};

struct QuotaRoots {
    std::string mailbox;
    std::vector<std::string> roots;
};

struct Quota {
    struct Resource {
        std::string name;  // upper case: STORAGE (units of 1024 octets), MESSAGE, ...
        std::uint64_t used = 0;
        std::uint64_t limit = 0;
    };
    std::string root;
    std::vector<Resource> resources;
};

}  // namespace mailpipe::imap

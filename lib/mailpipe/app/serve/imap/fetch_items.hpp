#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/app/serve/imap/fetch_line.hpp"
#include "mailpipe/imap/server/fetch_item.hpp"
#include "mailpipe/mime/part_tree.hpp"

namespace mailpipe::app::serve {

// What has to be read to answer the items of a FETCH.
struct FetchNeeds {
    unsigned facts = 0;  // index::Mailbox::Want
    bool text = false;
    bool sets_seen = false;
    bool ids = false;         // EMAILID, THREADID
    bool modseq = false;      // CONDSTORE is on from now on
    bool whole_only = false;  // of the text nothing but BODY[] is wanted: it can be sent as it is read
};
FetchNeeds needs_of(const std::vector<imap::server::FetchItem>& items);

// One message while its line is made.
struct FetchedMessage {
    const index::Snapshot& snapshot;
    const index::Message& message;
    const index::Facts* facts = nullptr;  // what FetchNeeds::facts says
    const std::string* text = nullptr;    // CRLF, where it is needed
    std::string email_id = {}, thread_id = {};
    std::optional<mime::PartTree> tree = {};  // made when an item wants it
};

// The item with its value. Error unsupported: a transfer encoding that is not known (RFC 3516 section 4.3).
Result<void> write_item(FetchLine& line, const imap::server::FetchItem& item, FetchedMessage& fetched);

// "<name> {n}" CRLF for the octets that follow.
void write_literal_head(std::string& out, std::string_view label, std::uint64_t octets);

}  // namespace mailpipe::app::serve

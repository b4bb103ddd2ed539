#pragma once

#include <string>

#include "mailpipe/app/serve/imap/imap_state.hpp"

namespace mailpipe::app::serve {

// Tells the client what has happened in the selected mailbox since it was last told (RFC 9051 section 7.5): the difference
// of two snapshots, so that what it knows is right after each command whatever has happened in between.
// `may_expunge`: false for FETCH, STORE and SEARCH by message numbers, which would change under the client's hands (RFC
// 9051 section 7.5.1); messages that are gone stay then, in what it knows.
void write_updates(Selected& selected, const Enabled& enabled, bool may_expunge, std::string& out);

// Of UIDs that have vanished those that the client asks about (nullopt: all), less those that it has been told are there: they
// went after `seen`, and are told of in their turn.
imap::server::Ranges vanished_of(const index::Snapshot& seen, const index::UidRanges& vanished,
                                 const std::optional<imap::server::NumberSet>& asked);

// "VANISHED " and the UIDs, ascending; nothing when there are none.
void write_vanished(std::string& out, const imap::server::Ranges& uids, bool earlier);

}  // namespace mailpipe::app::serve

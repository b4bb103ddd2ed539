#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mailpipe/app/serve/imap/imap_state.hpp"

namespace mailpipe::app::serve {

// The flags of a message as FETCH says them.
std::vector<std::string> flag_names(const index::Snapshot& snapshot, const index::Message& message);
void write_flags_of(std::string& out, const index::Snapshot& snapshot, const index::Message& message);

// "* 7 FETCH (", or "* 4711 UIDFETCH (" (RFC 9586 section 3.3) for UID 4711; items separate themselves by what
// item_separator() writes.
class FetchLine {
 public:
    FetchLine(std::string& out, const Enabled& enabled, std::size_t index, index::Uid uid);
    // The space before an item.
    std::string& item();
    void flags(const index::Snapshot& snapshot, const index::Message& message);
    void uid(index::Uid uid);
    void modseq(index::ModSeq modseq);
    void end();
    bool utf8() const { return utf8_; }

 private:
    std::string& out_;
    bool uid_only_;
    bool utf8_;
    bool first_ = true;
};

// What a client is told of a message whose flags have changed: FLAGS, MODSEQ where CONDSTORE is on, UID where that is usual.
void write_changed(std::string& out, const Enabled& enabled, const index::Snapshot& snapshot, std::size_t index,
                   bool with_uid);
// "(\Answered ... $Forwarded)": all that there are in the mailbox.
void write_all_flags(std::string& out, const index::Snapshot& snapshot);
// Those of them that may be changed, with "\*" where that is any keyword (RFC 4314 section 5.1.1).
void write_changeable_flags(std::string& out, const index::Snapshot& snapshot, const Rights& rights);

}  // namespace mailpipe::app::serve

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mailpipe/app/serve/config.hpp"
#include "mailpipe/app/serve/delivery/quota.hpp"
#include "mailpipe/app/serve/imap/imap_shared.hpp"
#include "mailpipe/app/serve/imap/mailbox_names.hpp"
#include "mailpipe/app/serve/imap/outcome.hpp"
#include "mailpipe/app/serve/imap/search_engine.hpp"
#include "mailpipe/imap/server/command.hpp"
#include "mailpipe/index/account.hpp"

namespace mailpipe::app::serve {

class Notices;

// What the client has enabled: a copy of what the session says, for the thread that answers a command.
struct Enabled {
    bool rev2 = false;
    bool condstore = false;
    bool qresync = false;
    bool utf8 = false;
    bool uid_only = false;
    bool metadata = false;
    bool progress = false;            // INPROGRESS is not masked
    std::uint32_t message_limit = 0;  // of MESSAGELIMIT; 0: none
};

// How far a command is, of what it has to look at: written by the thread that answers it, read by the loop.
struct Progress {
    std::atomic<std::uint64_t> done = 0;
    std::atomic<std::uint64_t> all = 0;   // 0: not known
    std::atomic<bool> abandoned = false;  // by the loop: nobody waits for the answer any more
};

struct Selected {
    std::string name;  // as the client names it
    std::shared_ptr<index::Mailbox> mailbox;
    std::shared_ptr<const index::Snapshot> seen;  // what the client knows: its message numbers are these
    Rights rights;
    bool read_only = false;
    std::vector<index::Uid> saved = {};  // "$" (RFC 9051 section 6.4.4.1), ascending
    std::vector<SearchContext> contexts = {};
    std::shared_ptr<const index::Snapshot> searched = nullptr;  // what they are up to date with
    std::vector<index::Uid> appended = {};  // by the client itself, which does not know them yet
    index::Mailbox::Token watch = nullptr;

    // These are new in that mailbox by a command of the client; heeded where it is this one.
    void note_appended(const index::Mailbox& in, const std::vector<index::Uid>& uids) {
        if (in.id() == mailbox->id()) appended.insert(appended.end(), uids.begin(), uids.end());
    }
};

// Of one session that has logged in. Used by one thread at a time: the loop's, or the one that answers a command.
struct ImapState {
    ImapState(const Config& the_config, ImapShared& shared, Quota& the_quota, std::string the_user)
        : config(the_config), quota(the_quota), user(std::move(the_user)), names(the_config, shared, user) {}

    const Config& config;
    Quota& quota;
    std::string user;
    MailboxNames names;
    std::optional<Selected> selected;
    std::shared_ptr<Notices> notices;      // or none
    std::shared_ptr<Notices> annotations;  // or none: of ENABLE METADATA
    std::function<void()> changed;         // of a mailbox that is watched: tells the loop, from any thread
};

// Messages came into a mailbox over IMAP, or went from it for good: an event.
struct Noted {
    std::string event;    // "append", "expunge"
    std::string mailbox;  // as the client names it
    std::vector<index::Uid> uids;
    std::uint64_t size = 0;  // octets; 0: not said
};

// A command that is being answered, on a thread where it may wait for the disk.
struct Work {
    ImapState& state;
    Enabled enabled;
    std::string tag;
    std::string out = {};  // untagged responses
    std::vector<Noted> events = {};
    std::shared_ptr<Progress> progress = std::make_shared<Progress>();
    bool inside_response = false;  // what is written so far ends within a literal
    bool enables_condstore = false;
    bool selection_changes = false;  // a mailbox is selected now that was not, or the other way round
};

// The numbers of `set` as indices into what the client knows, ascending. Errors: protocol for a message number that is
// none (RFC 9051 section 9); UIDs that are none are left out.
Result<std::vector<std::size_t>> find_messages(const Selected& selected, const imap::server::NumberSet& set,
                                               bool uid);
// MESSAGELIMIT (RFC 9738 section 3.1): keeps those with the highest UIDs of ascending `indices`. The response code that says so,
// "" where all may stay.
std::string limit_messages(const Work& work, std::vector<std::size_t>& indices);
// Of what is done with all messages or none: whether these are too many.
bool are_too_many(const Work& work, std::size_t count);
Outcome refuse_too_many(const Work& work);
std::vector<index::Uid> uids_of(const Selected& selected, const std::vector<std::size_t>& indices);

}  // namespace mailpipe::app::serve

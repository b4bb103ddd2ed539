#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "mailpipe/app/serve/imap/imap_state.hpp"
#include "mailpipe/imap/server/command.hpp"

// NOTIFY (RFC 5465): what a client wants to be told of mailboxes that are not selected.
namespace mailpipe::app::serve {

class Notices {
 public:
    // Watches the user's account; what happens there waits until write_notices(). `changed` is called from any thread.
    Notices(imap::server::Notify wanted, index::Account& account, std::function<void()> changed);
    // Of annotations alone: no overflow is told of these, and those after it are told again.
    Notices(index::Account& account, std::function<void()> changed);

    const imap::server::Notify& wanted() const { return wanted_; }
    std::deque<index::AccountChange> take();
    bool empty() const;
    bool overflowed() const;
    // Whether the client wants to hear of expunged messages of the selected mailbox though it has not asked (RFC 5465 section 5).
    bool tells_of_expunged() const;

 private:
    friend class OwnChanges;

    static constexpr std::size_t kWaiting = 1000;  // beyond it NOTIFICATIONOVERFLOW
    bool overflowed_ = false;

    index::Mailbox::Token watch(index::Account& account, std::function<void()> changed);

    const imap::server::Notify wanted_;
    const bool annotations_only_;
    mutable std::mutex mutex_;
    std::deque<index::AccountChange> waiting_;
    std::thread::id own_;          // what this thread does now, the client has asked for
    index::Mailbox::Token watch_;  // last: it ends before what it uses
};

// As long as it is there, the client's own command runs in this thread: of mailboxes and annotations that it changes it is not
// told (RFC 5465 section 5). Of messages it is: what others have put there is found on the way.
class OwnChanges {
 public:
    explicit OwnChanges(const ImapState& state);
    ~OwnChanges();
    OwnChanges(const OwnChanges&) = delete;
    OwnChanges& operator=(const OwnChanges&) = delete;

 private:
    void set(std::thread::id thread) const;

    const std::shared_ptr<Notices> notices_;
    const std::shared_ptr<Notices> annotations_;
};

Outcome on_notify(Work& work, const imap::server::Notify& command);
// What has happened in the selected mailbox, with what NOTIFY wants of new messages. Reads the disk where it wants that.
void tell_updates(Work& work, bool may_expunge);
// ENABLE METADATA (RFC 5464 section 4.1): from now on write_notices() tells of annotations that others change.
void watch_annotations(Work& work);
// What has happened since, in the order in which it did.
void write_notices(Work& work);

}  // namespace mailpipe::app::serve

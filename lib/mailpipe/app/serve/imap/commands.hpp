#pragma once

#include <memory>
#include <string>

#include "mailpipe/app/serve/imap/imap_state.hpp"
#include "mailpipe/imap/server/command.hpp"

// The commands of IMAP, one function each, in a file of its name. They run on a thread that may wait for the disk, and write
// their untagged responses into `work.out`.
namespace mailpipe::app::serve {

// select.cpp
Outcome on_select(Work& work, const imap::server::Select& command);
void deselect(Work& work);
// change_mailboxes.cpp
Outcome on_create(Work& work, const imap::server::Create& command);
Outcome on_delete(Work& work, const imap::server::Delete& command);
Outcome on_rename(Work& work, const imap::server::Rename& command);
// Whether a mailbox can have these uses (RFC 6154).
bool are_special_uses(const std::vector<std::string>& uses);
Outcome on_subscribe(Work& work, const imap::server::Subscribe& command);
// status.cpp
Outcome on_status(Work& work, const imap::server::Status& command);
// "* STATUS name (...)"; errors: those of opening it.
Result<void> write_status(Work& work, const Place& place, const std::string& name,
                          const std::vector<imap::server::StatusItem>& items);
// list.cpp
Outcome on_list(Work& work, const imap::server::List& command);
Outcome on_namespace(Work& work);
// acl.cpp
Outcome on_get_acl(Work& work, const imap::server::GetAcl& command);
Outcome on_set_acl(Work& work, const imap::server::SetAcl& command);
Outcome on_delete_acl(Work& work, const imap::server::DeleteAcl& command);
Outcome on_list_rights(Work& work, const imap::server::ListRights& command);
Outcome on_my_rights(Work& work, const imap::server::MyRights& command);
// quota.cpp
Outcome on_get_quota(Work& work, const imap::server::GetQuota& command);
Outcome on_get_quota_root(Work& work, const imap::server::GetQuotaRoot& command);
Outcome on_set_quota(Work& work, const imap::server::SetQuota& command);
// metadata.cpp
Outcome on_get_metadata(Work& work, const imap::server::GetMetadata& command);
Outcome on_set_metadata(Work& work, const imap::server::SetMetadata& command);
// "* METADATA name (entry value ...)" of those that are there, nothing for none.
Result<void> write_metadata(Work& work, const Place& place, const std::string& name,
                            const std::vector<std::string>& entries);
// expunge.cpp
Outcome on_expunge(Work& work, const imap::server::Expunge& command);
Outcome on_close(Work& work);
Outcome on_unselect(Work& work);
// store_flags.cpp
Outcome on_store(Work& work, const imap::server::Store& command);
// copy.cpp
Outcome on_copy(Work& work, const imap::server::Copy& command);
// search.cpp
Outcome on_search(Work& work, const imap::server::Search& command);
Outcome on_sort(Work& work, const imap::server::Sort& command);
Outcome on_thread(Work& work, const imap::server::Thread& command);
Outcome on_cancel_update(Work& work, const imap::server::CancelUpdate& command);
// As write_updates() of the selected mailbox, with what it changes of results that are kept up to date (RFC 5267 section 4.3).
void write_changes(Work& work, bool may_expunge);

// One that is answered in pieces: more() is called until it returns an outcome; in between, what it wrote goes out.
class Answer {
 public:
    virtual ~Answer() = default;
    virtual std::optional<Outcome> more(Work& work) = 0;
};
// fetch.cpp
std::unique_ptr<Answer> begin_fetch(imap::server::Fetch command);
// What the client has asked for ahead of new messages (RFC 5465 sections 5.2 and 7): 4 MiB at most; those beyond, and one that
// cannot be read, it has to ask for. \Seen is never set.
void fetch_unasked(Work& work, imap::server::Ranges uids, const std::vector<imap::server::FetchItem>& items);
// Of any command.
std::unique_ptr<Answer> begin_answer(imap::server::Command command);

}  // namespace mailpipe::app::serve

#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "mailpipe/app/config/accounts.hpp"
#include "mailpipe/app/diagnostics.hpp"
#include "mailpipe/app/list/list.hpp"
#include "mailpipe/app/list/list_sink.hpp"
#include "mailpipe/app/location.hpp"
#include "mailpipe/email/search.hpp"

namespace mailpipe::app {

class ImapClient;
class LocalStore;
class Pop3Client;
class RefLister;
struct Change;

// What all sources of one run share.
struct Listing {
    const ListOptions& options;
    email::Query query;  // empty: all
    ListSink& output;
    Diagnostics& diagnostics;
    config::Accounts& accounts;
    const Change* change = nullptr;  // what becomes of the messages instead; output is a ChangeOutput then
    StderrTrace trace = {};

    bool is_printed() const { return output.detail() == ListSink::Detail::record; }
    // What of `count` messages, in the order of the mailbox, has to be looked at at all: first and last one.
    std::pair<std::size_t, std::size_t> wanted(std::size_t count) const {
        return query ? std::pair(std::size_t{0}, count) : output.wanted(count);
    }
    // Of what ended a source; nothing when that is the limit.
    void report(std::string_view where, const Error& error) {
        if (!output.full()) diagnostics.error(where, error);
    }
    Trace* trace_or_null() { return options.common.trace ? &trace : nullptr; }
};

// A mailbox that is open for listing.
class ListSource {
 public:
    virtual ~ListSource() = default;
    // Writes all that match, in the order of the mailbox. An error ends the source; a single message that
    // cannot be read is reported and passed over.
    virtual Result<void> list_all() = 0;
    // The same for some messages; each one that is not there is reported (not_found), unless a query may have
    // left it out.
    virtual Result<void> list_refs(const std::vector<Location>& refs) = 0;
};

// `location` is that of the mailbox, not of a message. Errors: those of the store, of the connection and the
// login; usage for what has no messages to list. `listing` must outlive the source.
Result<std::unique_ptr<ListSource>> open_list_source(const Location& location, Listing& listing);

// Of a mailbox that is open already.
std::unique_ptr<ListSource> make_store_source(std::shared_ptr<LocalStore> store, Listing& listing);
std::unique_ptr<ListSource> make_pop3_source(std::shared_ptr<Pop3Client> client, Listing& listing);
std::unique_ptr<ListSource> make_imap_source(std::shared_ptr<ImapClient> client, Listing& listing);

// Some messages of an open mailbox, as its source lists them; those that are gone are passed over.
Result<void> list_entries(std::shared_ptr<LocalStore> store, const std::vector<store::Entry>& entries,
                          Listing& listing);
Result<void> list_uids(std::shared_ptr<ImapClient> client, const std::vector<std::uint32_t>& uids,
                       Listing& listing);

// Lists the messages that a descriptor yields, and by `refs` those that its refs name (message_input.hpp).
// `where` is for errors; with `only_refs` a record that names a ref is not listed from what else it holds.
// `ref` names a message that has no other name; it may be empty.
void list_input(int fd, std::string_view where, bool only_refs, const std::string& ref, RefLister& refs,
                Listing& listing);
// The same of a file of messages; one that cannot be opened is reported.
void list_file(const Location& location, const std::string& where, RefLister& refs, Listing& listing);

}  // namespace mailpipe::app

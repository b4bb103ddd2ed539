#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "mailpipe/email/search.hpp"
#include "mailpipe/email/sort.hpp"
#include "mailpipe/email/thread.hpp"
#include "mailpipe/imap/server/fetch_item.hpp"
#include "mailpipe/imap/server/number_set.hpp"

// What a client asks, parsed and checked against the state of the session; what the session answers by itself is not
// here. Mailbox names are UTF-8 with "/" between levels, never empty unless said; INBOX in any case is "INBOX". Flags are as
// written, system flags in the standard's spelling ("\\Seen").
namespace mailpipe::imap::server {

// RFC 9051 section 6.3.2; CONDSTORE, QRESYNC: RFC 7162.
struct Select {
    struct Resync {
        std::uint32_t uid_validity = 0;
        std::uint64_t modseq = 0;
        std::optional<NumberSet> known_uids;
        // Message numbers and the UIDs that the client knows them by.
        std::optional<std::pair<NumberSet, NumberSet>> sequence_match;
    };
    std::string mailbox;
    bool read_only = false;  // EXAMINE
    bool condstore = false;
    std::optional<Resync> resync;
};
struct Create {
    std::string mailbox;
    std::vector<std::string> special_use;  // "\\Sent" (RFC 6154 section 3)
};
struct Delete {
    std::string mailbox;
};
struct Rename {
    std::string from;
    std::string to;
};
struct Subscribe {
    std::string mailbox;
    bool subscribed = true;  // false: UNSUBSCRIBE
};

enum class StatusItem {
    messages,
    recent,  // RFC 3501
    uid_next,
    uid_validity,
    unseen,
    deleted,
    size,
    highest_modseq,
    append_limit,
    mailbox_id,
    deleted_storage,  // RFC 9208
};
struct Status {
    std::string mailbox;
    std::vector<StatusItem> items;
};

// RFC 9051 section 6.3.9, RFC 5258, 5819, 6154, 8440, 9590.
struct List {
    bool is_lsub = false;   // RFC 3501 section 6.3.9
    bool extended = false;  // it has options or several patterns
    std::string reference;  // may be empty
    std::vector<std::string> patterns;
    // Selection:
    bool only_subscribed = false;
    bool only_special_use = false;
    bool remote = false;
    bool recursive_match = false;
    // Return:
    bool subscribed = false;
    bool children = false;
    bool special_use = false;
    bool my_rights = false;
    std::vector<StatusItem> status;     // empty: none
    std::vector<std::string> metadata;  // entries; empty: none
};
struct Namespace {};

// RFC 4314.
struct GetAcl {
    std::string mailbox;
};
struct SetAcl {
    enum class Mode { replace, add, remove };
    std::string mailbox;
    std::string identifier;
    Mode mode = Mode::replace;
    std::string rights;
};
struct DeleteAcl {
    std::string mailbox;
    std::string identifier;
};
struct ListRights {
    std::string mailbox;
    std::string identifier;
};
struct MyRights {
    std::string mailbox;
};

// RFC 9208.
struct GetQuota {
    std::string root;  // may be empty
};
struct GetQuotaRoot {
    std::string mailbox;
};
struct SetQuota {
    std::string root;
    std::vector<std::pair<std::string, std::uint64_t>> limits;
};

// RFC 5464. An empty mailbox is the server's own.
struct GetMetadata {
    std::string mailbox;
    std::vector<std::string> entries;
    std::optional<std::uint64_t> max_size;
    std::optional<std::uint32_t> depth;  // 0, 1; nullopt: none given. kInfinity for "infinity"
    static constexpr std::uint32_t kInfinity = UINT32_MAX;
};
struct SetMetadata {
    std::string mailbox;
    std::vector<std::pair<std::string, std::optional<std::string>>> entries;  // nullopt: removed
};

// RFC 5465. Which mailboxes a group of events is about.
struct MailboxFilter {
    enum class Kind {
        selected,
        selected_delayed,
        inboxes,
        personal,
        subscribed,
        subtree,
        subtree_one,
        mailboxes
    };
    Kind kind = Kind::personal;
    std::vector<std::string> mailboxes;  // of the last three
};
struct Notify {
    struct Group {
        MailboxFilter filter;
        bool message_new = false;
        std::vector<FetchItem> fetch;  // of MessageNew
        bool message_expunge = false;
        bool flag_change = false;
        bool annotation_change = false;
        bool mailbox_name = false;
        bool subscription_change = false;
        bool mailbox_metadata_change = false;
        bool server_metadata_change = false;
    };
    bool none = false;    // NOTIFY NONE
    bool status = false;  // SET STATUS
    std::vector<Group> groups;
};

// RFC 4467.
struct GenUrlAuth {
    std::vector<std::pair<std::string, std::string>> rumps;  // URL, mechanism
};
struct ResetKey {
    std::string mailbox;  // empty: of all
};
struct UrlFetch {
    struct Url {
        std::string url;
        bool extended = false;  // RFC 5524
        bool body = false, body_part_structure = false, binary = false;
    };
    std::vector<Url> urls;
};

struct Noop {};   // CHECK, too
struct Close {};  // expunges silently
struct Unselect {};
struct Expunge {
    std::optional<NumberSet> uids;
};

// RFC 9051 section 6.4.4, RFC 4731, 5182, 5267, 9394; RFC 7377 for `in`.
struct SearchReturn {
    bool given = false;  // with RETURN: an ESEARCH response
    bool min = false, max = false, all = false, count = false, save = false;
    bool update = false;                  // CONTEXT
    std::vector<FetchItem> update_items;  // of messages that come into the result (RFC 5465 section 7)
    bool context = false;                 // the same, a hint
    bool relevancy = false;
    // From 1, or from -1 backwards; first and last as written, of one sign.
    std::optional<std::pair<std::int64_t, std::int64_t>> partial;
};
struct Search {
    bool uid = false;
    SearchReturn returns;
    // With SAVE, which a refusal is told of (RFC 9051 section 6.4.4.1): refuse it with this code; `query` is empty then.
    std::string bad_charset;
    email::Query query;
    std::vector<MailboxFilter> in;  // ESEARCH: of several mailboxes
    bool is_esearch = false;
};
struct Sort {
    bool uid = false;
    SearchReturn returns;
    email::SortProgram program;
    email::Query query;
};
struct Thread {
    bool uid = false;
    email::ThreadAlgorithm algorithm = email::ThreadAlgorithm::references;
    email::Query query;
};
struct CancelUpdate {
    std::vector<std::string> tags;
};

struct Fetch {
    NumberSet set;
    bool uid = false;
    std::vector<FetchItem> items;  // macros are expanded; UID FETCH has uid among them
    std::optional<std::uint64_t> changed_since;
    bool vanished = false;
    std::optional<std::pair<std::int64_t, std::int64_t>> partial;  // RFC 9394
};
struct Store {
    enum class Mode { replace, add, remove };
    NumberSet set;
    bool uid = false;
    Mode mode = Mode::replace;
    bool silent = false;
    std::vector<std::string> flags;
    std::optional<std::uint64_t> unchanged_since;
};
struct Copy {
    NumberSet set;
    bool uid = false;
    std::string mailbox;
    bool move = false;  // RFC 6851
};

using Command = std::variant<Select, Create, Delete, Rename, Subscribe, Status, List, Namespace, GetAcl, SetAcl,
                             DeleteAcl, ListRights, MyRights, GetQuota, GetQuotaRoot, SetQuota, GetMetadata,
                             SetMetadata, Notify, GenUrlAuth, ResetKey, UrlFetch, Noop, Close, Unselect,
                             Expunge, Search, Sort, Thread, CancelUpdate, Fetch, Store, Copy>;

}  // namespace mailpipe::imap::server

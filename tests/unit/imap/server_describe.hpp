#pragma once

#include <string>
#include <utility>
#include <vector>

#include "mailpipe/email/search.hpp"
#include "mailpipe/email/sort.hpp"
#include "mailpipe/email/thread.hpp"
#include "mailpipe/imap/server/command.hpp"

// Commands as one line of text, for tables.
namespace mailpipe::imap::server::test {

inline std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words)
        out += " [" + word + "]";
    return out;
}

inline std::string set_text(const NumberSet& set) {
    return set.is_saved_result() ? "$" : encode_ranges(set.resolve(100));
}

inline std::string items_text(const std::vector<StatusItem>& items) {
    constexpr const char* kNames[] = {"messages",    "recent",    "uidnext",       "uidvalidity",
                                      "unseen",      "deleted",   "size",          "highestmodseq",
                                      "appendlimit", "mailboxid", "deletedstorage"};
    std::string out;
    for (const StatusItem item : items)
        out += std::string(" ") + kNames[static_cast<int>(item)];
    return out;
}

inline std::string pair_text(const std::pair<std::int64_t, std::int64_t>& pair) {
    return std::to_string(pair.first) + ":" + std::to_string(pair.second);
}

inline std::string fetch_text(const std::vector<FetchItem>& items) {
    std::string out;
    for (const FetchItem& item : items) {
        out += " " + item.label;
        if (!item.peek) out += "!";
        if (item.partial)
            out += "<" + std::to_string(item.partial->first) + "." + std::to_string(item.partial->second) + ">";
        if (item.lazy) out += " lazy";
    }
    return out;
}

inline std::string returns_text(const SearchReturn& returns) {
    std::string out = returns.given ? " return" : "";
    for (const auto& [set, name] : {std::pair(returns.min, " min"),
                                    {returns.max, " max"},
                                    {returns.all, " all"},
                                    {returns.count, " count"},
                                    {returns.save, " save"},
                                    {returns.update, " update"},
                                    {returns.context, " context"}}) {
        if (set) out += name;
    }
    if (!returns.update_items.empty()) out += " of" + fetch_text(returns.update_items);
    if (returns.partial) out += " partial " + pair_text(*returns.partial);
    return out;
}

inline std::string filter_text(const MailboxFilter& filter) {
    constexpr const char* kNames[] = {"selected",   "selected-delayed", "inboxes",     "personal",
                                      "subscribed", "subtree",          "subtree-one", "mailboxes"};
    return std::string(" ") + kNames[static_cast<int>(filter.kind)] + joined(filter.mailboxes);
}

struct DescribeCommand {
    std::string operator()(const Select& c) const {
        std::string out = (c.read_only ? "examine [" : "select [") + c.mailbox + "]";
        if (c.condstore) out += " condstore";
        if (!c.resync) return out;
        out += " qresync " + std::to_string(c.resync->uid_validity) + " " + std::to_string(c.resync->modseq);
        if (c.resync->known_uids) out += " known " + set_text(*c.resync->known_uids);
        if (c.resync->sequence_match)
            out += " match " + set_text(c.resync->sequence_match->first) + " " +
                   set_text(c.resync->sequence_match->second);
        return out;
    }
    std::string operator()(const Create& c) const {
        return "create [" + c.mailbox + "]" + joined(c.special_use);
    }
    std::string operator()(const Delete& c) const { return "delete [" + c.mailbox + "]"; }
    std::string operator()(const Rename& c) const { return "rename [" + c.from + "] [" + c.to + "]"; }
    std::string operator()(const Subscribe& c) const {
        return (c.subscribed ? "subscribe [" : "unsubscribe [") + c.mailbox + "]";
    }
    std::string operator()(const Status& c) const { return "status [" + c.mailbox + "]" + items_text(c.items); }
    std::string operator()(const List& c) const {
        std::string out = c.is_lsub ? "lsub" : "list";
        for (const auto& [set, name] : {std::pair(c.extended, " extended"),
                                        {c.only_subscribed, " only-subscribed"},
                                        {c.only_special_use, " only-special-use"},
                                        {c.remote, " remote"},
                                        {c.recursive_match, " recursive"}}) {
            if (set) out += name;
        }
        out += " [" + c.reference + "]" + joined(c.patterns);
        for (const auto& [set, name] : {std::pair(c.subscribed, " subscribed"),
                                        {c.children, " children"},
                                        {c.special_use, " special-use"},
                                        {c.my_rights, " myrights"}}) {
            if (set) out += name;
        }
        if (!c.status.empty()) out += " status" + items_text(c.status);
        if (!c.metadata.empty()) out += " metadata" + joined(c.metadata);
        return out;
    }
    std::string operator()(const Namespace&) const { return "namespace"; }
    std::string operator()(const GetAcl& c) const { return "getacl [" + c.mailbox + "]"; }
    std::string operator()(const SetAcl& c) const {
        constexpr const char* kModes[] = {"", "+", "-"};
        return "setacl [" + c.mailbox + "] [" + c.identifier + "] " + kModes[static_cast<int>(c.mode)] +
               c.rights;
    }
    std::string operator()(const DeleteAcl& c) const {
        return "deleteacl [" + c.mailbox + "] [" + c.identifier + "]";
    }
    std::string operator()(const ListRights& c) const {
        return "listrights [" + c.mailbox + "] [" + c.identifier + "]";
    }
    std::string operator()(const MyRights& c) const { return "myrights [" + c.mailbox + "]"; }
    std::string operator()(const GetQuota& c) const { return "getquota [" + c.root + "]"; }
    std::string operator()(const GetQuotaRoot& c) const { return "getquotaroot [" + c.mailbox + "]"; }
    std::string operator()(const SetQuota& c) const {
        std::string out = "setquota [" + c.root + "]";
        for (const auto& [name, limit] : c.limits)
            out += " " + name + " " + std::to_string(limit);
        return out;
    }
    std::string operator()(const GetMetadata& c) const {
        std::string out = "getmetadata [" + c.mailbox + "]" + joined(c.entries);
        if (c.max_size) out += " maxsize " + std::to_string(*c.max_size);
        if (c.depth)
            out += " depth " + (*c.depth == GetMetadata::kInfinity ? "infinity" : std::to_string(*c.depth));
        return out;
    }
    std::string operator()(const SetMetadata& c) const {
        std::string out = "setmetadata [" + c.mailbox + "]";
        for (const auto& [entry, value] : c.entries)
            out += " " + entry + (value ? "=" + *value : "");
        return out;
    }
    std::string operator()(const Notify& c) const {
        std::string out = c.none ? "notify none" : "notify set";
        if (c.status) out += " status";
        for (const Notify::Group& group : c.groups) {
            out += " (" + filter_text(group.filter).substr(1);
            for (const auto& [set, name] : {std::pair(group.message_new, " new"),
                                            {group.message_expunge, " expunge"},
                                            {group.flag_change, " flags"},
                                            {group.mailbox_name, " names"},
                                            {group.subscription_change, " subscriptions"},
                                            {group.mailbox_metadata_change, " metadata"},
                                            {group.server_metadata_change, " server-metadata"}}) {
                if (set) out += name;
            }
            out += (group.fetch.empty() ? "" : " fetch" + fetch_text(group.fetch)) + ")";
        }
        return out;
    }
    std::string operator()(const GenUrlAuth& c) const {
        std::string out = "genurlauth";
        for (const auto& [url, mechanism] : c.rumps)
            out += " [" + url + "] " + mechanism;
        return out;
    }
    std::string operator()(const ResetKey& c) const { return "resetkey [" + c.mailbox + "]"; }
    std::string operator()(const UrlFetch& c) const {
        std::string out = "urlfetch";
        for (const UrlFetch::Url& url : c.urls) {
            out += " [" + url.url + "]";
            for (const auto& [set, name] : {std::pair(url.extended, " extended"),
                                            {url.body, " body"},
                                            {url.body_part_structure, " structure"},
                                            {url.binary, " binary"}}) {
                if (set) out += name;
            }
        }
        return out;
    }
    std::string operator()(const Noop&) const { return "noop"; }
    std::string operator()(const Close&) const { return "close"; }
    std::string operator()(const Unselect&) const { return "unselect"; }
    std::string operator()(const Expunge& c) const {
        return c.uids ? "expunge " + set_text(*c.uids) : "expunge";
    }
    std::string operator()(const Search& c) const {
        std::string out = c.is_esearch ? "esearch" : c.uid ? "uid search" : "search";
        for (const MailboxFilter& filter : c.in)
            out += filter_text(filter);
        out += returns_text(c.returns);
        if (!c.bad_charset.empty()) return out + " bad charset";
        return out + ": " + email::encode_search_keys(c.query);
    }
    std::string operator()(const Sort& c) const {
        return (c.uid ? "uid sort" : "sort") + returns_text(c.returns) + " " + email::encode_sort(c.program) +
               ": " + email::encode_search_keys(c.query);
    }
    std::string operator()(const Thread& c) const {
        return (c.uid ? "uid thread " : "thread ") +
               std::string(c.algorithm == email::ThreadAlgorithm::references ? "references"
                                                                             : "orderedsubject") +
               ": " + email::encode_search_keys(c.query);
    }
    std::string operator()(const CancelUpdate& c) const { return "cancelupdate" + joined(c.tags); }
    std::string operator()(const Fetch& c) const {
        std::string out = (c.uid ? "uid fetch " : "fetch ") + set_text(c.set) + fetch_text(c.items);
        if (c.changed_since) out += " since " + std::to_string(*c.changed_since);
        if (c.vanished) out += " vanished";
        if (c.partial) out += " partial " + pair_text(*c.partial);
        return out;
    }
    std::string operator()(const Store& c) const {
        constexpr const char* kModes[] = {"", "+", "-"};
        std::string out = (c.uid ? "uid store " : "store ") + set_text(c.set) + " " +
                          kModes[static_cast<int>(c.mode)] + (c.silent ? "silent" : "flags") + joined(c.flags);
        if (c.unchanged_since) out += " since " + std::to_string(*c.unchanged_since);
        return out;
    }
    std::string operator()(const Copy& c) const {
        return std::string(c.uid ? "uid " : "") + (c.move ? "move " : "copy ") + set_text(c.set) + " [" +
               c.mailbox + "]";
    }
};

inline std::string describe(const Command& command) {
    return std::visit(DescribeCommand{}, command);
}

}  // namespace mailpipe::imap::server::test

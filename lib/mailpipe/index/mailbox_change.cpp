#include <algorithm>
#include <cerrno>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/index/mailbox_impl.hpp"
#include "mailpipe/index/own_change.hpp"

namespace mailpipe::index {

Result<std::uint64_t> MailboxImpl::bits_of(Change& change, const std::vector<std::string>& keywords,
                                           bool make) {
    std::uint64_t bits = 0;
    auto& names = change.row.keywords;
    for (const std::string& keyword : keywords) {
        auto found = std::find_if(names.begin(), names.end(), [&keyword](const std::string& each) {
            return ascii::equals_ignore_case(each, keyword);
        });
        if (found == names.end() && !make) continue;
        if (found == names.end()) {
            found = std::find(names.begin(), names.end(), std::string());
            if (found == names.end() && names.size() == kKeywords)
                return fail(Errc::limit, "mailbox " + name() + ": has kKeywords (" + std::to_string(kKeywords) +
                                             ") keywords already");
            if (found == names.end()) found = names.emplace(names.end());
            *found = keyword;
            change.new_keywords = true;
        }
        bits |= std::uint64_t{1} << (found - names.begin());
    }
    return bits;
}

void MailboxImpl::update(Change& change, const Message& message) {
    change.builder.put(message);
    change.updated.push_back(message);
}

Result<void> MailboxImpl::reserve(Change& change, std::size_t count) {
    MailboxRow& row = change.row;
    const std::uint64_t end = std::uint64_t{row.uid_next} + count;
    if (end + kReservedUids >= 0xFFFFFFFF) return fail(Errc::limit, "mailbox " + name() + ": has no UIDs left");
    if (end <= row.uid_reserved) return {};
    row.uid_reserved = static_cast<Uid>(end + kReservedUids);
    return append_trace(
        row, encode_uid_trace_reserved(row.uid_reserved) + encode_uid_trace_modseq(row.highest_modseq), true);
}

Result<void> MailboxImpl::add(Change& change, std::vector<Incoming> incoming) {
    if (auto reserved = reserve(change, incoming.size()); !reserved) return reserved;
    change.added.reserve(change.added.size() + incoming.size());
    for (Incoming& each : incoming) {
        each.message.modseq = change.row.highest_modseq;
        // One that is known from a trace comes with its UID.
        if (each.message.uid == 0) each.message.uid = change.row.uid_next;
        change.row.uid_next = std::max(change.row.uid_next, each.message.uid + 1);
        change.builder.append(each.message);
        if (each.seen) change.seen.push_back({each.message.uid, true, each.message.modseq});
        change.added.push_back(std::move(each));
    }
    return {};
}

Result<void> MailboxImpl::remove(Change& change, const std::vector<Uid>& ascending_uids) {
    const auto before = snapshot();
    auto read = core_->read([&](Database& database) -> Result<void> {
        for (const Uid uid : ascending_uids) {
            auto file = read_file_name(database, row_id_, uid);
            if (!file) return tl::unexpected(file.error());
            if (*file) change.doomed.emplace_back((*before)[*before->find(uid)], std::move(**file));
            change.builder.remove(uid);
            change.removed.push_back(uid);
        }
        return {};
    });
    return read;
}

void MailboxImpl::complete(Change& change) {
    change.builder.set_highest_modseq(change.row.highest_modseq);
    change.builder.set_uid_next(change.row.uid_next);
    if (change.new_keywords) change.builder.set_keywords(change.row.keywords);
    change.next = change.builder.build();
    change.row.messages = change.next->size();
    change.row.octets = change.next->octets();
}

Result<void> MailboxImpl::write(Database& database, const Change& change) const {
    for (const Message& message : change.updated) {
        if (auto done = update_flags(database, row_id_, message); !done) return done;
    }
    for (const auto& [uid, file] : change.renamed_files) {
        if (auto done = put_file(database, row_id_, uid, file); !done) return done;
    }
    std::vector<MessageRow> added;
    added.reserve(change.added.size());
    for (const Incoming& each : change.added)
        added.push_back({&each.message, &each.file});
    if (auto done = put_messages(database, row_id_, added); !done) return done;
    for (const auto& [message, file] : change.doomed) {
        if (auto done = add_doomed(database, row_id_, file.base); !done) return done;
    }
    for (const SeenMark& mark : change.seen) {
        if (auto done = put_seen(database, row_id_, change.marks->user(), mark); !done) return done;
    }
    if (change.seen_switch) {
        if (auto done = put_seen_switch(database, row_id_, *change.seen_switch); !done) return done;
    }
    if (auto done = remove_messages(database, row_id_, change.removed); !done) return done;
    if (auto done = add_vanished(database, row_id_, change.row.highest_modseq, change.removed); !done)
        return done;
    return update_mailbox_row(database, change.row);
}

Result<void> MailboxImpl::commit(Change& change) {
    complete(change);
    const auto work = [&](Database& database) { return write(database, change); };
    auto written = core_->change(work);
    // What brings nothing in makes room, or is the first step of that.
    const bool is_full = !written && written.error().kind == Errc::io;
    if (is_full && change.added.empty() && core_->reserve.give_up()) written = core_->change(work);
    if (written && !change.added.empty()) core_->reserve.keep();
    if (written) finish(change);
    return written;
}

void MailboxImpl::finish(Change& change) {
    row_ = change.row;
    auto renames = renames_of(change);
    const auto publish = [&] {
        const std::lock_guard lock(published_mutex_);
        snapshot_ = change.next;
    };
    if (change.marks != nullptr) {
        change.marks->take(change.seen, publish);
    } else {
        publish();
    }
    if (!change.added.empty()) {
        std::string lines;
        for (const Incoming& each : change.added)
            lines += encode_uid_trace_line(each.message.uid, each.file.base);
        [[maybe_unused]] const auto traced = append_trace(row_, lines, false);
    }
    if (change.new_keywords) write_keywords();
    if (renames) {
        rename_files(*renames);
    } else {
        dirty_ = true;
        for (const Message& message : change.updated)
            unrenamed_.insert(message.uid);
    }
    place_files(change);
    remove_files(change);
}

Result<std::vector<MailboxImpl::Rename>> MailboxImpl::renames_of(const Change& change) {
    std::vector<Rename> renames;
    if (change.updated.empty()) return renames;
    const auto before = snapshot();
    return core_->read([&](Database& database) -> Result<std::vector<Rename>> {
        for (const Message& message : change.updated) {
            const auto at = before->find(message.uid);
            if (!at || unrenamed_.count(message.uid) != 0) continue;
            const Message& old = (*before)[*at];
            if (old.flags == message.flags && old.keywords == message.keywords) continue;
            auto file = read_file_name(database, row_id_, message.uid);
            if (!file) return tl::unexpected(file.error());
            if (!*file) continue;
            std::string from = encode_letters({old.flags, old.keywords, (*file)->extra}, before->keywords());
            std::string to =
                encode_letters({message.flags, message.keywords, (*file)->extra}, change.row.keywords);
            if (from != to)
                renames.push_back({message.uid, std::move((*file)->base), std::move(from), std::move(to)});
        }
        return renames;
    });
}

void MailboxImpl::rename_files(const std::vector<Rename>& renames) {
    if (renames.empty()) return;
    const OwnChange own(*this);
    for (const Rename& each : renames) {
        const auto done = folder_->rename(each.base, each.from, each.to);
        if (done && *done) continue;
        // Another program has renamed it, or the disk is full: the index knows what it is to be called.
        unrenamed_.insert(each.uid);
    }
}

void MailboxImpl::place_files(const Change& change) {
    const bool any = std::any_of(change.added.begin(), change.added.end(),
                                 [](const Incoming& each) { return !each.from.empty(); });
    if (!any) return;
    const OwnChange own(*this);
    for (const Incoming& each : change.added) {
        if (each.from.empty()) continue;
        const auto& [uid, flags, keywords, modseq, date, saved, size] = each.message;
        const auto placed = folder_->adopt(
            each.from, each.file.base, encode_letters({flags, keywords, each.file.extra}, change.row.keywords));
        if (placed && *placed) continue;
        unrenamed_.insert(uid);
        if (each.from.rfind("new/", 0) == 0) left_in_new_.insert(each.from.substr(4));
    }
}

void MailboxImpl::remove_files(const Change& change) {
    if (change.doomed.empty()) return;
    // Not before the index has it: a log that forgets a message which then stays would not put it in place after a crash.
    if (core_->removing) {
        std::vector<std::string> ids;
        for (const auto& [message, file] : change.doomed)
            ids.push_back(file.base);
        core_->removing(path(), ids);
    }
    const OwnChange own(*this);
    for (const auto& [message, file] : change.doomed) {
        doomed_.insert(file.base);
        unrenamed_.erase(message.uid);
        folder_->remove(file.base,
                        encode_letters({message.flags, message.keywords, file.extra}, change.row.keywords));
    }
}

namespace {

void apply(Message& message, StoreMode mode, std::uint8_t flags, std::uint64_t keywords) {
    if (mode == StoreMode::replace) message.flags = 0, message.keywords = 0;
    if (mode == StoreMode::remove) {
        message.flags = static_cast<std::uint8_t>(message.flags & ~flags);
        message.keywords &= ~keywords;
    } else {
        message.flags = static_cast<std::uint8_t>(message.flags | flags);
        message.keywords |= keywords;
    }
}

}  // namespace

Result<Mailbox::StoreResult> MailboxImpl::store_for(SeenMarks* marks, const std::vector<Uid>& uids,
                                                    StoreMode mode, const FlagSet& flags,
                                                    std::optional<ModSeq> unchanged_since) {
    StoreResult result;
    {
        const std::lock_guard lock(mutex_);
        if (auto there = check_there(); !there) return tl::unexpected(there.error());
        const auto now = snapshot();
        Change change(row_, *now);
        auto bits = bits_of(change, flags.keywords, mode != StoreMode::remove);
        if (!bits) return tl::unexpected(bits.error());
        const ModSeq modseq = ++change.row.highest_modseq;
        const bool own_seen = marks != nullptr && marks->on();
        change.marks = marks;
        for (const Uid uid : uids) {
            const auto at = now->find(uid);
            if (!at) {
                result.gone.push_back(uid);
                continue;
            }
            const Message& stored = (*now)[*at];
            Message message = marks != nullptr ? marks->shown(stored) : stored;
            if (unchanged_since && message.modseq > *unchanged_since) {
                result.modified.push_back(uid);
                continue;
            }
            result.stored.push_back(uid);
            const int had = message.flags;
            apply(message, mode, flags.flags, *bits);
            if (own_seen) {
                const bool seen = (message.flags & kSeen) != 0;
                if (((message.flags ^ had) & kSeen) != 0) change.seen.push_back({uid, seen, modseq});
                message.flags = static_cast<std::uint8_t>((message.flags & ~kSeen) | (stored.flags & kSeen));
            }
            if (message.flags == stored.flags && message.keywords == stored.keywords) continue;
            message.modseq = modseq;
            update(change, message);
        }
        std::sort(result.modified.begin(), result.modified.end());
        if (change.updated.empty() && change.seen.empty() && !change.new_keywords) return result;
        if (auto committed = commit(change); !committed) return tl::unexpected(committed.error());
        result.modseq = modseq;
    }
    tell_changed();
    return result;
}

Result<std::pair<std::vector<Uid>, ModSeq>> MailboxImpl::expunge(const std::optional<std::vector<Uid>>& uids) {
    std::vector<Uid> going;
    ModSeq modseq = 0;
    {
        const std::lock_guard lock(mutex_);
        if (auto there = check_there(); !there) return tl::unexpected(there.error());
        const auto now = snapshot();
        if (uids) {
            for (const Uid uid : *uids) {
                const auto at = now->find(uid);
                if (at && ((*now)[*at].flags & kDeleted) != 0) going.push_back(uid);
            }
            std::sort(going.begin(), going.end());
            going.erase(std::unique(going.begin(), going.end()), going.end());
        } else if (now->deleted() != 0) {
            now->for_each([&going](std::size_t, const Message& message) {
                if ((message.flags & kDeleted) != 0) going.push_back(message.uid);
            });
        }
        if (going.empty()) return std::pair(std::move(going), row_.highest_modseq);
        Change change(row_, *now);
        modseq = ++change.row.highest_modseq;
        if (auto removed = remove(change, going); !removed) return tl::unexpected(removed.error());
        if (auto committed = commit(change); !committed) return tl::unexpected(committed.error());
    }
    tell_changed();
    return std::pair(std::move(going), modseq);
}

}  // namespace mailpipe::index

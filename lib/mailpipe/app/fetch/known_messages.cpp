#include "mailpipe/app/fetch/known_messages.hpp"

#include <unordered_map>
#include <utility>

#include "mailpipe/app/clock.hpp"
#include "mailpipe/app/fetch/key_table.hpp"
#include "mailpipe/app/fetch/state_file.hpp"
#include "mailpipe/app/local_store.hpp"
#include "mailpipe/store/open.hpp"

namespace mailpipe::app {
namespace {

// A Maildir's staged file name has its flags behind a colon; an mbox's staged id names no message in place.
std::string_view entry_id(std::string_view staged_id) {
    return staged_id.substr(0, staged_id.find(':'));
}

Result<Fingerprint> print_of(store::MailboxReader& reader, const std::string& id) {
    auto message = reader.open(id);
    if (!message) return tl::unexpected(message.error());
    Fingerprinter fingerprinter;
    while (!fingerprinter.has_header()) {
        auto piece = (*message)->read();
        if (!piece) return tl::unexpected(piece.error());
        if (piece->empty()) break;
        fingerprinter.append(*piece);
    }
    return fingerprinter.finish();
}

// Adds what came into the store by no journal.
Result<void> add_unclaimed(KnownMessages& known, const Location& store, const FetchState::Where& where) {
    auto reader = store::open_reader(store_format(store), store.path);
    if (!reader) return tl::unexpected(reader.error());
    // Listed before the journals are read: what a source puts there now is in its journal by then.
    auto entries = (*reader)->list();
    if (!entries) return tl::unexpected(entries.error());
    if (entries->empty()) return {};
    KeyTable claimed;
    auto read = each_delivered(where, encode(store), [&claimed](std::string_view text) {
        const auto ref = parse_location(text);
        if (ref && ref->id) {
            claimed.add(*ref->id);
        } else if (ref && ref->mbox_offset) {
            claimed.add(std::to_string(*ref->mbox_offset));
        } else {
            claimed.add(entry_id(text));
        }
    });
    if (!read) return read;
    for (const store::Entry entry : *entries) {
        if (claimed.contains(entry.id)) continue;
        auto print = print_of(**reader, entry.id);
        auto size = (*reader)->size(entry);
        if (!print && print.error().kind == Errc::not_found) continue;
        if (!print) return tl::unexpected(print.error());
        if (!size) return tl::unexpected(size.error());
        known.add({*print, *size, ref_in_store(store, entry.id), 0});
    }
    return {};
}

}  // namespace

struct KnownMessages::Table {
    using Index = std::unordered_multimap<std::uint64_t, std::size_t>;
    template <class Accept>
    std::optional<std::size_t> find(const Index& index, std::uint64_t hash, Accept accept) const {
        if (hash == 0) return std::nullopt;
        const auto [begin, end] = index.equal_range(hash);
        for (auto it = begin; it != end; ++it) {
            if (!taken[it->second] && accept(known[it->second])) return it->second;
        }
        return std::nullopt;
    }

    bool exact = false;
    std::mutex mutex{};  // of all below
    std::vector<Known> known{};
    std::vector<bool> taken{};
    std::size_t taken_count = 0;
    Index by_header{};
    Index by_identity{};
};

KnownMessages::KnownMessages(bool exact) : table_(std::make_shared<Table>()) {
    table_->exact = exact;
}

bool KnownMessages::empty() const {
    const std::lock_guard lock(table_->mutex);
    return table_->known.size() == table_->taken_count;
}

void KnownMessages::add(Known known) {
    const std::lock_guard lock(table_->mutex);
    table_->by_header.emplace(known.print.header, table_->known.size());
    if (known.print.identity != 0) table_->by_identity.emplace(known.print.identity, table_->known.size());
    table_->known.push_back(std::move(known));
    table_->taken.push_back(false);
}

std::optional<KnownMessages::Known> KnownMessages::take(const Fingerprint& print, std::uint64_t size) {
    Table& table = *table_;
    const std::lock_guard lock(table.mutex);
    const auto same_size = [size](const Known& known) { return known.size == size; };
    auto found = table.find(table.by_header, print.header, same_size);
    if (!found && !table.exact && print.identity != 0)
        found = table.find(table.by_header, print.header, [](const Known&) { return true; });
    if (!found && !table.exact) found = table.find(table.by_identity, print.identity, same_size);
    if (!found) return std::nullopt;
    table.taken[*found] = true;
    ++table.taken_count;
    return std::move(table.known[*found]);
}

void Adopted::add(std::string key, KnownMessages::Known found) {
    const std::string& kept_key = texts_.emplace_back(std::move(key));
    const std::string& to = texts_.emplace_back(std::move(found.to));
    done_.push_back({kept_key, found.size, found.print, to, found.time == 0 ? now_seconds() : found.time});
}

Result<KnownMessages> known_by_journal(const FetchState& state) {
    KnownMessages known;
    auto read = state.each_done([&known](const FetchState::Done& done) {
        if (done.print.header != 0) known.add({done.print, done.size, std::string(done.to), done.time});
    });
    if (!read) return tl::unexpected(read.error());
    return known;
}

Result<KnownMessages> KnownInStores::in(const std::vector<Location>& stores, const FetchState::Where& where) {
    std::vector<std::string> names;
    for (const Location& store : stores)
        names.push_back(encode(store));
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(names);
    if (found != known_.end()) return found->second;
    KnownMessages known(true);
    for (const Location& store : stores) {
        const auto kind = store::detect(store.path);
        if (kind != store::Kind::maildir && kind != store::Kind::mbox) continue;
        if (auto added = add_unclaimed(known, store, where); !added) return tl::unexpected(added.error());
    }
    known_.emplace(std::move(names), known);
    return known;
}

}  // namespace mailpipe::app

#include "mailpipe/app/fetch/known_messages.hpp"

#include <utility>

#include "mailpipe/app/fetch/clock.hpp"
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

}  // namespace

void KnownMessages::add(Known known) {
    by_header_.emplace(known.print.header, known_.size());
    if (known.print.identity != 0) by_identity_.emplace(known.print.identity, known_.size());
    known_.push_back(std::move(known));
    taken_.push_back(false);
}

template <class Accept>
std::optional<std::size_t> KnownMessages::find(const Index& index, std::uint64_t hash, Accept accept) const {
    if (hash == 0) return std::nullopt;
    const auto [begin, end] = index.equal_range(hash);
    for (auto it = begin; it != end; ++it) {
        if (!taken_[it->second] && accept(known_[it->second])) return it->second;
    }
    return std::nullopt;
}

std::optional<KnownMessages::Known> KnownMessages::take(const Fingerprint& print, std::uint64_t size) {
    const auto same_size = [size](const Known& known) { return known.size == size; };
    auto found = find(by_header_, print.header, same_size);
    if (!found && !exact_ && print.identity != 0)
        found = find(by_header_, print.header, [](const Known&) { return true; });
    if (!found && !exact_) found = find(by_identity_, print.identity, same_size);
    if (!found) return std::nullopt;
    taken_[*found] = true;
    ++taken_count_;
    return std::move(known_[*found]);
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

Result<void> add_known_in_store(KnownMessages& known, const Location& store, const FetchState::Where& where,
                                const Location& source, const std::string& destination) {
    auto reader = store::open_reader(store_format(store), store.path);
    if (!reader) return tl::unexpected(reader.error());
    // Listed before the journals are read: what another source of this run puts there now is in its journal by
    // then.
    auto entries = (*reader)->list();
    if (!entries) return tl::unexpected(entries.error());
    if (entries->empty()) return {};
    KeyTable others;
    auto read =
        each_of_other_sources(where, source, destination, encode(store), [&others](std::string_view text) {
            const auto ref = parse_location(text);
            if (ref && ref->id) {
                others.add(*ref->id);
            } else if (ref && ref->mbox_offset) {
                others.add(std::to_string(*ref->mbox_offset));
            } else {
                others.add(entry_id(text));
            }
        });
    if (!read) return read;
    for (const store::Entry entry : *entries) {
        if (others.contains(entry.id)) continue;
        auto print = print_of(**reader, entry.id);
        auto size = (*reader)->size(entry);
        if (!print && print.error().kind == Errc::not_found) continue;
        if (!print) return tl::unexpected(print.error());
        if (!size) return tl::unexpected(size.error());
        known.add({*print, *size, ref_in_store(store, entry.id), 0});
    }
    return {};
}

}  // namespace mailpipe::app

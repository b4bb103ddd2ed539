#include "mailpipe/app/local_store.hpp"

#include <utility>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app {

store::Format store_format(const Location& location) {
    return location.scheme == Scheme::maildir ? store::Format::maildir : store::Format::mbox;
}

std::string ref_in_store(const Location& location, const std::string& entry_id) {
    Location ref = location;
    if (location.scheme == Scheme::maildir) {
        ref.id = entry_id;
    } else {
        ref.mbox_offset = ascii::parse_number(entry_id);
    }
    return encode(ref);
}

Result<LocalStore> LocalStore::open(const Location& location) {
    auto reader = store::open_reader(store_format(location), location.path);
    if (!reader) return tl::unexpected(reader.error());
    return LocalStore(location, std::move(*reader));
}

Result<const store::Entry*> LocalStore::find(const Location& ref) {
    if (!is_indexed_) {
        auto entries = reader_->list();
        if (!entries) return tl::unexpected(entries.error());
        for (store::Entry& entry : *entries) {
            std::string id = entry.id;
            entries_.emplace(std::move(id), std::move(entry));
        }
        is_indexed_ = true;
    }
    const auto found = entries_.find(ref.id ? *ref.id : std::to_string(ref.mbox_offset.value_or(0)));
    return found == entries_.end() ? nullptr : &found->second;
}

email::Context LocalStore::context_of(const store::Entry& entry) const {
    email::Context context;
    context.ref = ref_in_store(location_, entry.id);
    context.mailbox = location_.mailbox;
    context.keywords = entry.keywords;
    context.received_at = entry.received_at;
    return context;
}

}  // namespace mailpipe::app

#include "mailpipe/app/local_store.hpp"

#include <utility>

namespace mailpipe::app {

store::Format store_format(const Location& location) {
    return location.scheme == Scheme::maildir ? store::Format::maildir : store::Format::mbox;
}

std::string ref_in_store(const Location& location, const std::string& entry_id) {
    return encode(location) + ref_suffix(location.scheme, entry_id);
}

Result<LocalStore> LocalStore::open(const Location& location) {
    auto reader = store::open_reader(store_format(location), location.path);
    if (!reader) return tl::unexpected(reader.error());
    return LocalStore(location, std::move(*reader));
}

Result<std::optional<store::Entry>> LocalStore::find(const Location& ref) {
    if (!entries_) {
        auto entries = reader_->list();
        if (!entries) return tl::unexpected(entries.error());
        entries_ = std::move(*entries);
    }
    return entries_->find(ref.id ? *ref.id : std::to_string(ref.mbox_offset.value_or(0)));
}

email::Context LocalStore::context_of(const store::Entry& entry) const {
    email::Context context;
    set_context(entry, context);
    return context;
}

void LocalStore::set_context(const store::Entry& entry, email::Context& context) const {
    context.ref = encoded_;
    context.ref += ref_suffix(scheme_, entry.id);
    context.mailbox = mailbox_;
    context.keywords = entry.keywords;
    context.received_at = entry.received_at;
    context.size.reset();
    context.uid.reset();
    context.uid_validity.reset();
    context.uidl.reset();
}

}  // namespace mailpipe::app

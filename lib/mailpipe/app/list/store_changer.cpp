#include "mailpipe/app/list/changer.hpp"
#include "mailpipe/app/local_store.hpp"

namespace mailpipe::app {
namespace {

class StoreChanger : public Changer {
 public:
    StoreChanger(Location location, LocalStore store, Listing& listing)
        : location_(std::move(location)),
          store_(std::make_shared<LocalStore>(std::move(store))),
          source_(make_store_source(store_, listing)),
          messages_(make_store_mailbox(store_)) {}

    Result<void> check(const Change& change) override {
        return change.kind == Change::Kind::flag ? store_->reader().check_keywords(change.flags.add)
                                                 : Result<void>{};
    }
    ListSource& source() override { return *source_; }
    SourceMailbox& messages() override { return *messages_; }
    std::size_t at_once() const override {
        return location_.scheme == Scheme::mbox ? SIZE_MAX : Changer::at_once();
    }

    Result<void> set_flags(const Targets& targets, const store::FlagChange& flags,
                           const ChangeReport& report) override {
        const auto entries = store_->reader().set_flags(ids_of(targets), flags);
        store_->forget_entries();
        if (!entries) return tl::unexpected(entries.error());
        for (std::size_t i = 0; i < targets.size(); ++i) {
            const auto& entry = (*entries)[i];
            if (!entry) {
                report.gone(targets[i]);
                continue;
            }
            email::Context context;
            context.ref = ref_in_store(location_, entry->id);
            context.keywords = entry->keywords;
            if (auto written = report.changed(context); !written) return written;
        }
        return {};
    }

    Result<void> remove(const Targets& targets, const ChangeReport& report) override {
        auto removed = store_->reader().remove(ids_of(targets));
        store_->forget_entries();
        if (!removed) return removed;
        for (const email::Context& target : targets) {
            email::Context context;
            context.ref = target.ref;
            if (auto written = report.changed(context); !written) return written;
        }
        return {};
    }

    Result<bool> transfer(const Targets& targets, const Change& change, const ChangeReport& report) override {
        if (change.kind != Change::Kind::move || change.destination.scheme != location_.scheme) return false;
        const auto moved = store_->reader().move_to(change.destination.path, ids_of(targets));
        store_->forget_entries();
        if (!moved) return tl::unexpected(moved.error());
        if (!*moved) return false;
        for (std::size_t i = 0; i < targets.size(); ++i) {
            const std::string& id = (**moved)[i];
            if (id.empty()) {
                report.gone(targets[i]);
                continue;
            }
            email::Context context;
            context.ref = ref_in_store(change.destination, id);
            context.keywords = targets[i].keywords;
            if (auto written = report.changed(context); !written) return tl::unexpected(written.error());
        }
        return true;
    }

 private:
    static std::vector<std::string> ids_of(const Targets& targets) {
        std::vector<std::string> ids;
        ids.reserve(targets.size());
        for (const email::Context& target : targets) {
            const auto ref = parse_location(target.ref);
            ids.push_back(!ref      ? std::string()
                          : ref->id ? *ref->id
                                    : std::to_string(ref->mbox_offset.value_or(0)));
        }
        return ids;
    }

    Location location_;
    std::shared_ptr<LocalStore> store_;
    std::unique_ptr<ListSource> source_;
    std::unique_ptr<SourceMailbox> messages_;
};

}  // namespace

Result<std::unique_ptr<Changer>> open_store_changer(const Location& location, Listing& listing) {
    auto store = LocalStore::open(location);
    if (!store) return tl::unexpected(store.error());
    return std::make_unique<StoreChanger>(location, std::move(*store), listing);
}

}  // namespace mailpipe::app

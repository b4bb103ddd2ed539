#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <functional>
#include <unordered_map>

#include "mailpipe/app/list/follow.hpp"
#include "mailpipe/app/local_store.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/store/file.hpp"
#include "mailpipe/store/maildir_name.hpp"

namespace mailpipe::app {
namespace {

constexpr std::uint32_t kGone = IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT;

// What inotify(7) has told since the last call: names of files, or that anything may have happened.
struct Changes {
    std::vector<std::string> names;
    bool overflow = false;
    bool gone = false;  // what was watched
};

class Watch {
 public:
    Result<void> open() {
        fd_ = store::Fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
        if (!fd_) return fail_errno(errno, "inotify");
        return {};
    }
    Result<void> add(const std::string& directory, std::uint32_t events) {
        if (::inotify_add_watch(fd_.get(), directory.c_str(), events | kGone | IN_ONLYDIR) < 0)
            return fail_errno(errno, directory);
        return {};
    }
    int descriptor() const { return fd_.get(); }

    Changes take() {
        Changes changes;
        alignas(struct inotify_event) std::array<char, 64 * 1024> buffer;
        while (true) {
            const ssize_t count = ::read(fd_.get(), buffer.data(), buffer.size());
            if (count <= 0) return changes;
            for (ssize_t at = 0; at < count;) {
                const auto* event = reinterpret_cast<const struct inotify_event*>(buffer.data() + at);
                at += static_cast<ssize_t>(sizeof(*event) + event->len);
                if ((event->mask & IN_Q_OVERFLOW) != 0) changes.overflow = true;
                if ((event->mask & kGone) != 0) changes.gone = true;
                if (event->len > 0) changes.names.emplace_back(event->name);
            }
        }
    }

 private:
    store::Fd fd_;
};

// By what a message of an mbox is known again although the file was written anew: its date of arrival and its
// header, without the fields that hold flags.
Result<std::string> mbox_key(store::MailboxReader& reader, const store::Entry& entry) {
    auto message = reader.open(entry.id);
    if (!message) return tl::unexpected(message.error());
    HeaderCollector collector;
    while (true) {
        const auto text = (*message)->read();
        if (!text) return tl::unexpected(text.error());
        if (text->empty() || !collector.append(*text)) break;
    }
    const std::string header = collector.take();
    std::string kept = std::to_string(entry.received_at.value_or(0)) + "\n";
    for (const std::string_view line : ascii::split(header, '\n')) {
        if (ascii::starts_with_ignore_case(line, "Status:") ||
            ascii::starts_with_ignore_case(line, "X-Status:"))
            continue;
        kept += line;
    }
    return std::to_string(std::hash<std::string>{}(kept)) + ":" + std::to_string(kept.size());
}

class StoreFollower : public Follower {
 public:
    StoreFollower(Location location, Listing& listing) : location_(std::move(location)), listing_(listing) {}

    Result<void> start() override {
        if (auto opened = watch_.open(); !opened) return opened;
        Result<void> watched;
        if (is_mbox()) {
            // Its directory: another program may put a new file in its place.
            const auto [directory, name] = store::split_path(location_.path);
            name_ = name;
            watched = watch_.add(directory, IN_CLOSE_WRITE | IN_MOVED_TO);
        } else {
            watched = watch_.add(location_.path + "/new", IN_MOVED_TO | IN_CREATE);
            if (watched) watched = watch_.add(location_.path + "/cur", IN_MOVED_TO | IN_CREATE);
        }
        return watched ? list_unknown() : watched;
    }

    int descriptor() const override { return watch_.descriptor(); }
    Time due() const override { return Time::max(); }

    Result<void> look() override {
        const Changes changes = watch_.take();
        if (changes.gone) return fail(Errc::not_found, location_.path + ": the directory is gone");
        bool concerned = changes.overflow;
        for (const std::string& name : changes.names) {
            // A flag change gives a known message another name.
            concerned =
                concerned || (is_mbox() ? name == name_ : !known_.contains(std::string(store::base_of(name))));
        }
        if (!concerned) return {};
        auto listed = list_unknown();
        // Between the removal of an mbox and the next one.
        if (!listed && listed.error().kind == Errc::not_found && is_mbox()) return {};
        return listed;
    }

 private:
    bool is_mbox() const { return location_.scheme == Scheme::mbox; }

    // Opened anew, since an mbox may be another file by now.
    Result<void> list_unknown() {
        auto store = LocalStore::open(location_);
        if (!store) return tl::unexpected(store.error());
        const auto opened = std::make_shared<LocalStore>(std::move(*store));
        const auto entries = opened->reader().list();
        if (!entries) return tl::unexpected(entries.error());
        std::unordered_map<std::string, std::size_t> there;
        std::vector<store::Entry> unknown;
        for (const store::Entry entry : *entries) {
            Result<std::string> key = entry.id;
            if (is_mbox()) key = mbox_key(opened->reader(), entry);
            if (!key) return tl::unexpected(key.error());
            const auto before = known_.find(*key);
            // Two that are alike are told apart by how many there are.
            if (++there[*key] > (before == known_.end() ? 0 : before->second)) unknown.push_back(entry);
        }
        known_ = std::move(there);
        return list_entries(opened, unknown, listing_);
    }

    Location location_;
    Listing& listing_;
    Watch watch_;
    std::string name_;                                    // of an mbox in its directory
    std::unordered_map<std::string, std::size_t> known_;  // how many of each key
};

}  // namespace

Result<std::unique_ptr<Follower>> open_store_follower(const Location& location, Listing& listing) {
    return std::make_unique<StoreFollower>(location, listing);
}

}  // namespace mailpipe::app

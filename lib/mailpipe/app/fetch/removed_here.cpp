#include "mailpipe/app/fetch/removed_here.hpp"

#include <ctime>
#include <unordered_map>
#include <utility>

#include "mailpipe/app/fetch/settled.hpp"
#include "mailpipe/app/location.hpp"
#include "mailpipe/store/open.hpp"

namespace mailpipe::app {
namespace {

struct Maildir {
    store::Entries entries;
    std::size_t there = 0;
    std::size_t gone = 0;
};

class Comparison {
 public:
    Result<void> add(const FetchState::Done& done) {
        const std::size_t id = done.to.rfind(kId);
        if (!done.to.starts_with(kMaildir) || id == std::string_view::npos) return {};
        const auto maildir = open(std::string(done.to.substr(0, id)));
        if (!maildir) return tl::unexpected(maildir.error());
        auto ref = parse_location(done.to);
        if (!ref || !ref->id) return {};
        const bool is_there = (*maildir)->entries.find(*ref->id).has_value();
        ++(is_there ? (*maildir)->there : (*maildir)->gone);
        if (const auto known = keys_.find(done.key); known || !is_there)
            keys_.set_value(known.value_or(keys_.add(done.key)), is_there ? 0 : 1);
        return {};
    }

    Result<RemovedHere> finish(bool even_all) {
        for (const auto& [location, maildir] : maildirs_) {
            if (even_all || maildir.there > 0 || maildir.gone <= 1) continue;
            return fail(Errc::data, "none of the " + std::to_string(maildir.gone) + " messages put into " +
                                        location +
                                        " is there: nothing is deleted from the server (--max-delete 100% "
                                        "allows it)");
        }
        return RemovedHere{std::move(keys_), std::move(stamp_)};
    }

 private:
    static constexpr std::string_view kId = ";ID=";
    static constexpr std::string_view kMaildir = "maildir:";

    Result<Maildir*> open(const std::string& location) {
        const auto known = maildirs_.find(location);
        if (known != maildirs_.end()) return &known->second;
        const auto parsed = parse_location(location);
        if (!parsed) return tl::unexpected(parsed.error());
        auto reader = store::open_reader(store::Format::maildir, parsed->path);
        if (!reader) return tl::unexpected(reader.error());
        const auto stamp = stamp_maildir(parsed->path, std::time(nullptr));
        if (stamp_ && stamp && stamp_->size() + stamp->size() < kStamps) {
            *stamp_ += (stamp_->empty() ? "" : ",") + *stamp;
        } else {
            stamp_.reset();
        }
        auto entries = (*reader)->list();
        if (!entries) return tl::unexpected(entries.error());
        return &maildirs_.emplace(location, Maildir{std::move(*entries)}).first->second;
    }

    std::unordered_map<std::string, Maildir> maildirs_;  // by location
    KeyTable keys_;
    std::optional<std::string> stamp_ = std::string();
};

}  // namespace

Result<RemovedHere> removed_here(const FetchState& state, bool even_all) {
    Comparison comparison;
    Result<void> compared;
    auto read = state.each_done([&](const FetchState::Done& done) {
        if (compared) compared = comparison.add(done);
    });
    if (!read) return tl::unexpected(read.error());
    if (!compared) return tl::unexpected(compared.error());
    return comparison.finish(even_all);
}

}  // namespace mailpipe::app

#include "mailpipe/app/list/change.hpp"

#include <algorithm>

#include "mailpipe/app/list/change_output.hpp"
#include "mailpipe/app/list/changer.hpp"
#include "mailpipe/app/list/destination.hpp"
#include "mailpipe/app/list/flag_change.hpp"
#include "mailpipe/app/stop.hpp"

namespace mailpipe::app {
namespace {

// A group whose copies are made safe together; then the originals may go.
constexpr std::uint64_t kGroupOctets = 64U << 20;

Result<Location> parse_destination(const char* option, const std::string& text, config::Accounts& accounts) {
    auto location = accounts.locate_one(text);
    if (!location) return fail(location.error().kind, option + (": " + location.error().message));
    switch (location->scheme) {
        case Scheme::maildir:
        case Scheme::mbox:
        case Scheme::imap:
        case Scheme::imaps:
            if (!location->is_ref()) return container(*location);
            break;
        default:
            break;
    }
    return fail(Errc::usage, std::string(option) + ": give maildir:PATH, mbox:PATH, or an imap or imaps URL");
}

// Selects into the ChangeOutput and changes what has been selected.
class ChangingSource : public ListSource {
 public:
    ChangingSource(Location location, std::unique_ptr<Changer> changer, Listing& listing, ChangeOutput& output)
        : location_(std::move(location)),
          changer_(std::move(changer)),
          listing_(listing),
          change_(*listing.change),
          output_(output) {
        report_.changed = [this](const email::Context& context) { return output_.write_changed(context); };
        report_.gone = [this](const email::Context& context) {
            listing_.diagnostics.error(context.ref, no_such_message());
        };
        report_.note = [this](std::string_view text) { listing_.diagnostics.note(encode(location_), text); };
    }

    Result<void> list_all() override { return change(changer_->source().list_all()); }
    Result<void> list_refs(const std::vector<Location>& refs) override {
        return change(changer_->source().list_refs(refs));
    }

 private:
    // What was selected is changed also when the limit has ended the selection.
    Result<void> change(const Result<void>& selected) {
        const Changer::Targets targets = output_.take();
        if (!selected && !output_.full()) return selected;
        for (std::size_t at = 0; at < targets.size();) {
            if (stop_requested()) return tl::unexpected(stopped_by_signal());
            const std::size_t count = std::min(changer_->at_once(), targets.size() - at);
            const auto first = targets.begin() + static_cast<std::ptrdiff_t>(at);
            at += count;
            if (auto done = change_group({first, first + static_cast<std::ptrdiff_t>(count)}); !done)
                return done;
        }
        return {};
    }

    Result<void> change_group(const Changer::Targets& targets) {
        switch (change_.kind) {
            case Change::Kind::flag:
                return changer_->set_flags(targets, change_.flags, report_);
            case Change::Kind::remove:
                return changer_->remove(targets, report_);
            case Change::Kind::move:
            case Change::Kind::copy:
                break;
        }
        const auto done = changer_->transfer(targets, change_, report_);
        if (!done) return tl::unexpected(done.error());
        return *done ? Result<void>{} : copy(targets);
    }

    // By way of here. A failure leaves what is safe already, and tells of it.
    Result<void> copy(const Changer::Targets& targets) {
        if (!destination_) {
            auto opened = open_destination(change_.destination, listing_);
            if (!opened) return tl::unexpected(at_destination(opened.error()));
            destination_ = std::move(*opened);
        }
        std::uint64_t octets = 0;
        Result<void> result;
        Changer::Targets safe;
        for (const email::Context& target : targets) {
            if (stop_requested()) result = tl::unexpected(stopped_by_signal());
            if (result) result = copy_one(target, octets);
            if (!result) break;
            if (octets < kGroupOctets) continue;
            octets = 0;
            if (result = make_safe(safe); !result) break;
        }
        if (auto last = make_safe(safe); !last && result) result = last;
        // All at once: the removal of some may be what makes the others be called otherwise.
        if (auto removed = remove(safe); !removed && result) result = removed;
        return result;
    }

    Result<void> copy_one(const email::Context& target, std::uint64_t& octets) {
        const auto ref = parse_location(target.ref);
        if (!ref) return fail(Errc::unsupported, "the mailbox has no persistent UIDs");
        std::optional<Error> failed;
        const auto handler = [&](const email::Context& context, store::MessageReader& reader) -> Result<void> {
            auto copied = copy_text(context, reader, octets);
            if (!copied) failed = copied.error();
            if (copied && *copied) pending_.push_back(target);
            return {};
        };
        const auto read = changer_->messages().read_one(*ref, handler);
        if (failed) return tl::unexpected(*failed);
        if (!read && read.error().kind == Errc::not_found) {
            report_.gone(target);
            return {};
        }
        return read;
    }

    Result<bool> copy_text(const email::Context& context, store::MessageReader& reader, std::uint64_t& octets) {
        if (auto begun = destination_->begin(context); !begun) return at_destination(begun.error());
        while (true) {
            const auto text = reader.read();
            if (!text) {
                destination_->abandon();
                return tl::unexpected(text.error());
            }
            if (text->empty()) break;
            octets += text->size();
            if (auto appended = destination_->append(*text); !appended) return at_destination(appended.error());
        }
        auto finished = destination_->finish();
        if (!finished) return at_destination(finished.error());
        return finished;
    }

    // Appends to `safe` what it has made safe.
    Result<void> make_safe(Changer::Targets& safe) {
        const Changer::Targets originals = std::exchange(pending_, {});
        auto places = destination_->commit();
        if (!places) return at_destination(places.error());
        for (std::size_t i = 0; i < originals.size() && i < places->size(); ++i) {
            if (auto written = report_.changed((*places)[i]); !written) return written;
            safe.push_back(originals[i]);
        }
        return {};
    }

    Result<void> remove(const Changer::Targets& safe) {
        if (change_.kind != Change::Kind::move || safe.empty()) return {};
        ChangeReport quiet = report_;
        quiet.changed = [](const email::Context&) { return Result<void>{}; };
        return changer_->remove(safe, quiet);
    }

    Fail at_destination(Error error) const {
        const std::string prefix = change_.destination.path + ": ";
        if (prefix.size() > 2 && error.message.starts_with(prefix)) error.message.erase(0, prefix.size());
        error.message = encode(change_.destination) + ": " + error.message;
        return Fail(std::move(error));
    }

    Location location_;
    std::unique_ptr<Changer> changer_;
    Listing& listing_;
    const Change& change_;
    ChangeOutput& output_;
    ChangeReport report_;
    std::unique_ptr<Destination> destination_;
    Changer::Targets pending_;  // copied and not yet safe
};

Result<std::unique_ptr<Changer>> open_changer(const Location& location, Listing& listing) {
    switch (location.scheme) {
        case Scheme::maildir:
        case Scheme::mbox:
            return open_store_changer(location, listing);
        case Scheme::imap:
        case Scheme::imaps:
            return open_imap_changer(location, listing);
        case Scheme::pop3:
        case Scheme::pop3s:
            return open_pop3_changer(location, listing);
        default:
            return fail(Errc::usage,
                        "has no messages to change; give a Maildir, an mbox, or an IMAP or POP3 URL");
    }
}

}  // namespace

Result<std::optional<Change>> Change::of(const ListOptions& options, config::Accounts& accounts) {
    Change change;
    if (!options.flags.empty()) {
        auto flags = parse_flag_change(options.flags);
        if (!flags) return fail(flags.error().kind, "--flag: " + flags.error().message);
        change.kind = Kind::flag;
        change.flags = std::move(*flags);
        return std::optional(std::move(change));
    }
    if (options.remove) {
        change.kind = Kind::remove;
        return std::optional(std::move(change));
    }
    if (options.move_to.empty() && options.copy_to.empty()) return std::optional<Change>{};
    const bool move = !options.move_to.empty();
    auto destination =
        parse_destination(move ? "--move" : "--copy", move ? options.move_to : options.copy_to, accounts);
    if (!destination) return tl::unexpected(destination.error());
    change.kind = move ? Kind::move : Kind::copy;
    change.destination = std::move(*destination);
    return std::optional(std::move(change));
}

Result<std::unique_ptr<Destination>> open_destination(const Location& location, Listing& listing) {
    const bool is_remote = location.scheme == Scheme::imap || location.scheme == Scheme::imaps;
    return is_remote ? open_imap_destination(location, listing) : open_store_destination(location);
}

Result<std::unique_ptr<ListSource>> open_changing_source(const Location& location, Listing& listing) {
    const Change& change = *listing.change;
    if (change.is_transfer() && encode(change.destination) == encode(location))
        return fail(Errc::usage, "is where the messages are already");
    auto changer = open_changer(location, listing);
    if (!changer) return tl::unexpected(changer.error());
    if (auto checked = (*changer)->check(change); !checked) return tl::unexpected(checked.error());
    auto& output = static_cast<ChangeOutput&>(listing.output);
    return std::make_unique<ChangingSource>(location, std::move(*changer), listing, output);
}

}  // namespace mailpipe::app

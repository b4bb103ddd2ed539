#include "mailpipe/app/serve/imap/commands.hpp"
#include "mailpipe/app/serve/imap/notify.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/imap/server/write_response.hpp"

// RFC 5464. Entries below /private are the user's own, those below /shared everybody's who may read the mailbox.
namespace mailpipe::app::serve {
namespace {

namespace proto = imap::server;

constexpr std::size_t kValue = 65536;   // octets of one
constexpr std::size_t kEntries = 1000;  // of one mailbox
constexpr std::string_view kPrivate = "/private/";
constexpr std::string_view kShared = "/shared/";

// An entry of another user's mailbox is private to who asks.
std::string stored_name(const Work& work, const Place& place, const std::string& entry) {
    std::string name = ascii::to_lower(entry);
    if (!place.own && name.starts_with("/private")) name = "/private:" + work.state.user + name.substr(8);
    return name;
}

bool is_entry(std::string_view entry) {
    const std::string lower = ascii::to_lower(entry);
    if (!lower.starts_with(kPrivate) && !lower.starts_with(kShared)) return false;
    return lower.find("//") == std::string::npos && lower.back() != '/' &&
           lower.find_first_of("*%") == std::string::npos;
}

bool is_wanted(std::string_view name, std::string_view entry, std::uint32_t depth) {
    if (name == entry) return true;
    if (depth == 0 || !name.starts_with(entry) || name[entry.size()] != '/') return false;
    return depth == proto::GetMetadata::kInfinity || name.find('/', entry.size() + 1) == std::string_view::npos;
}

// RFC 6154 section 4: the uses of one's own mailboxes are an entry as well.
constexpr std::string_view kSpecialUse = "/private/specialuse";

bool is_special_use(const Place& place, const std::string& entry) {
    return place.own && !place.name.empty() && ascii::equals_ignore_case(entry, kSpecialUse);
}

Result<index::Account::Metadata> annotations_of(const Place& place) {
    auto all = place.account->metadata(place.name);
    if (!all || !place.own || place.name.empty()) return all;
    auto mailboxes = place.account->mailboxes();
    if (!mailboxes) return tl::unexpected(mailboxes.error());
    for (const index::MailboxInfo& info : *mailboxes) {
        if (info.name != place.name || info.special_use.empty()) continue;
        std::string uses;
        for (const std::string& use : info.special_use)
            uses.append(uses.empty() ? "" : " ").append(use);
        all->emplace(kSpecialUse, std::move(uses));
    }
    return all;
}

std::vector<std::string> uses_of(const std::optional<std::string>& value) {
    std::vector<std::string> uses;
    if (value) {
        for (const std::string_view use : ascii::split_words(*value))
            uses.emplace_back(use);
    }
    return uses;
}

struct Found {
    std::string items;
    std::uint64_t longest = 0;  // of those that were too long to be said
};

Result<Found> find_entries(Work& work, const Place& place, const proto::GetMetadata& command) {
    auto all = annotations_of(place);
    if (!all) return tl::unexpected(all.error());
    Found found;
    for (const std::string& entry : command.entries) {
        // Not "/private:USER", which is another reader's.
        const std::string lower = ascii::to_lower(entry) + "/";
        if (!lower.starts_with(kPrivate) && !lower.starts_with(kShared)) continue;
        const std::string wanted = stored_name(work, place, entry);
        for (const auto& [name, value] : *all) {
            if (!is_wanted(name, wanted, command.depth.value_or(0))) continue;
            if (command.max_size && value.size() > *command.max_size) {
                found.longest = std::max<std::uint64_t>(found.longest, value.size());
                continue;
            }
            if (!found.items.empty()) found.items += ' ';
            proto::write_string(found.items, entry + name.substr(wanted.size()));
            found.items += ' ';
            proto::write_string(found.items, value, work.enabled.utf8);
        }
    }
    return found;
}

void write_line(Work& work, const std::string& mailbox, const std::string& items) {
    if (items.empty()) return;
    work.out += "* METADATA ";
    if (mailbox.empty()) {
        work.out += "\"\"";
    } else {
        proto::write_mailbox(work.out, mailbox, work.enabled.utf8);
    }
    work.out.append(" (").append(items).append(")\r\n");
}

// "" is the server: the annotations there are those of the user's account.
tl::expected<Place, Outcome> place_of(Work& work, const std::string& mailbox) {
    auto place = work.state.names.find(mailbox);
    if (!place) return tl::unexpected(refusal_of(place.error()));
    if (!place->rights.read()) return tl::unexpected(refused("NOPERM", "You may not read it"));
    return *place;
}

std::optional<Outcome> refusal_to_set(const Work& work, const Place& place, const index::Account::Metadata& all,
                                      const std::string& entry, const std::optional<std::string>& value) {
    if (!is_entry(entry)) return bad("An entry begins with /private/ or /shared/");
    const bool shared = ascii::to_lower(entry).starts_with(kShared);
    if (shared && !place.rights.write()) return refused("NOPERM", "You may not change what is shared");
    if (!value) return std::nullopt;
    if (is_special_use(place, entry) && !are_special_uses(uses_of(value)))
        return refused("USEATTR", "A mailbox cannot have such a use");
    if (value->size() > kValue)
        return refused("METADATA MAXSIZE " + std::to_string(kValue), "That is too long");
    if (all.size() >= kEntries && !all.contains(stored_name(work, place, entry)))
        return refused("METADATA TOOMANY", "There are too many");
    return std::nullopt;
}

}  // namespace

Result<void> write_metadata(Work& work, const Place& place, const std::string& name,
                            const std::vector<std::string>& entries) {
    proto::GetMetadata command;
    command.entries = entries;
    auto found = find_entries(work, place, command);
    if (!found) return tl::unexpected(found.error());
    write_line(work, name, found->items);
    return {};
}

Outcome on_get_metadata(Work& work, const proto::GetMetadata& command) {
    auto place = place_of(work, command.mailbox);
    if (!place) return place.error();
    auto found = find_entries(work, *place, command);
    if (!found) return refusal_of(found.error());
    write_line(work, command.mailbox, found->items);
    if (found->longest == 0) return done("That is what there is");
    return done("Some were longer", "METADATA LONGENTRIES " + std::to_string(found->longest));
}

Outcome on_set_metadata(Work& work, const proto::SetMetadata& command) {
    auto place = place_of(work, command.mailbox);
    if (!place) return place.error();
    auto all = place->account->metadata(place->name);
    if (!all) return refusal_of(all.error());
    // RFC 5464 section 4.3: all are set, or none.
    for (const auto& [entry, value] : command.entries)
        if (auto refusal = refusal_to_set(work, *place, *all, entry, value)) return *refusal;
    for (const auto& [entry, value] : command.entries) {
        const std::string name = stored_name(work, *place, entry);
        auto set = is_special_use(*place, entry) ? place->account->set_special_use(place->name, uses_of(value))
                                                 : place->account->set_metadata(place->name, name, value);
        if (!set) return refusal_of(set.error());
    }
    return done("Set");
}

}  // namespace mailpipe::app::serve

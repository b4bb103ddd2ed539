#include "mailpipe/app/list/mailboxes.hpp"

#include <unistd.h>

#include <algorithm>

#include "mailpipe/app/message_output.hpp"
#include "mailpipe/app/stop.hpp"

namespace mailpipe::app {
namespace {

Result<std::vector<Mailbox>> find_mailboxes(const Location& location, const ListOptions& options,
                                            config::Accounts& accounts, Trace* trace,
                                            Diagnostics& diagnostics) {
    switch (location.scheme) {
        case Scheme::maildir:
        case Scheme::mbox:
            return mailboxes_of_store(location, options.recursive, diagnostics);
        case Scheme::imap:
        case Scheme::imaps:
            return mailboxes_of_imap(location, accounts, trace, diagnostics);
        default:
            return fail(Errc::usage, "has no mailboxes; give a Maildir, an mbox, or an imap or imaps URL");
    }
}

void put(email::Json& json, const char* key, const std::optional<std::uint64_t>& value) {
    if (value) json[key] = *value;
}

// No command takes a location with a control character, also where a server has such a mailbox.
void drop_useless_refs(std::vector<Mailbox>& mailboxes) {
    for (Mailbox& mailbox : mailboxes) {
        if (!mailbox.ref.empty() && !parse_location(mailbox.ref)) mailbox.ref.clear();
    }
}

Result<void> write_mailboxes(const std::vector<Mailbox>& mailboxes, bool as_table) {
    std::string text;
    if (as_table) {
        for (const std::string& line : mailbox_table(mailboxes))
            text += line + "\n";
    } else {
        for (const Mailbox& mailbox : mailboxes)
            text += email::dump(mailbox_record(mailbox)) + "\n";
    }
    return write_all(STDOUT_FILENO, text, "stdout");
}

}  // namespace

std::string Mailbox::full_name() const {
    std::string name;
    for (const std::string& level : levels)
        name += (&level == &levels.front() ? "" : delimiter) + level;
    return name;
}

email::Json mailbox_record(const Mailbox& mailbox) {
    email::Json json = email::Json::object();
    if (!mailbox.ref.empty()) json["ref"] = mailbox.ref;
    json["mailbox"] = mailbox.full_name();
    json["name"] = mailbox.levels.empty() ? std::string() : mailbox.levels.back();
    if (!mailbox.role.empty()) json["role"] = mailbox.role;
    if (mailbox.subscribed) json["isSubscribed"] = *mailbox.subscribed;
    put(json, "totalEmails", mailbox.total);
    put(json, "unreadEmails", mailbox.unread);
    put(json, "uidNext", mailbox.uid_next);
    put(json, "uidValidity", mailbox.uid_validity);
    put(json, "size", mailbox.size);
    for (const Mailbox::Quota& quota : mailbox.quotas) {
        email::Json one = email::Json::object();
        one["name"] = quota.name;
        one["resourceType"] = quota.resource_type;
        one["used"] = quota.used;
        one["hardLimit"] = quota.hard_limit;
        json["quotas"].push_back(std::move(one));
    }
    return json;
}

void sort_mailboxes(std::vector<Mailbox>& mailboxes) {
    const auto key = [](const Mailbox& mailbox) {
        const bool inbox = !mailbox.levels.empty() && mailbox.levels.front() == "INBOX";
        return std::pair(!inbox, &mailbox.levels);
    };
    std::stable_sort(mailboxes.begin(), mailboxes.end(), [&key](const Mailbox& a, const Mailbox& b) {
        const auto left = key(a);
        const auto right = key(b);
        if (left.first != right.first) return left.first < right.first;
        return *left.second < *right.second;
    });
}

int run_mailboxes(const ListOptions& options) {
    Diagnostics diagnostics("mail-list", options.common);
    StderrTrace trace;
    const OutputStyle style = options.common.output;
    const bool as_table = style == OutputStyle::table || style == OutputStyle::text ||
                          (style == OutputStyle::automatic && ::isatty(STDOUT_FILENO) == 1);
    config::Accounts accounts(options.client, diagnostics);
    for (const auto& [text, location] : accounts.locate_all(options.locations)) {
        if (stop_requested()) {
            diagnostics.error(text, stopped_by_signal());
            break;
        }
        Result<std::vector<Mailbox>> mailboxes = fail(Errc::usage, "names a message, not a mailbox");
        if (!location.is_ref()) {
            mailboxes = find_mailboxes(location, options, accounts, options.common.trace ? &trace : nullptr,
                                       diagnostics);
        }
        if (!mailboxes) {
            diagnostics.error(text, mailboxes.error());
            continue;
        }
        drop_useless_refs(*mailboxes);
        sort_mailboxes(*mailboxes);
        if (const auto written = write_mailboxes(*mailboxes, as_table); !written) {
            diagnostics.error("", written.error());
            break;
        }
    }
    return diagnostics.exit_status();
}

}  // namespace mailpipe::app

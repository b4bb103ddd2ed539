#include <algorithm>
#include <array>
#include <unordered_map>

#include "mailpipe/app/imap_client.hpp"
#include "mailpipe/app/list/mailboxes.hpp"
#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kAtOnce = 100;
constexpr std::uint64_t kStorageUnit = 1024;  // RFC 9208 section 5.1

struct Role {
    std::string_view attribute;
    std::string_view role;
};
// RFC 6154 section 2, RFC 8457; roles of RFC 8621 section 2.
constexpr std::array kRoles{Role{"\\All", "all"},       Role{"\\Archive", "archive"},
                            Role{"\\Drafts", "drafts"}, Role{"\\Flagged", "flagged"},
                            Role{"\\Junk", "junk"},     Role{"\\Sent", "sent"},
                            Role{"\\Trash", "trash"},   Role{"\\Important", "important"}};

bool has(const imap::ListedMailbox& listed, std::string_view attribute) {
    return std::any_of(listed.attributes.begin(), listed.attributes.end(), [attribute](const std::string& one) {
        return ascii::equals_ignore_case(one, attribute);
    });
}

class ImapMailboxes {
 public:
    explicit ImapMailboxes(ImapClient& client) : client_(client) {}

    Result<std::vector<Mailbox>> find(bool with_status) {
        const bool extended = client_.has_capability("LIST-EXTENDED") || client_.has_capability("IMAP4REV2");
        client_.session().list(with_status);
        for (bool done = false; !done;) {
            const auto step = client_.next_accepted();
            if (!step) return tl::unexpected(step.error());
            if (const auto* listed = std::get_if<imap::ListedMailbox>(&*step)) {
                add(*listed, extended);
            } else if (const auto* status = std::get_if<imap::MailboxStatus>(&*step)) {
                take(*status);
            } else {
                done = std::holds_alternative<imap::CommandDone>(*step);
                if (!done) return unexpected_answer();
            }
        }
        return std::move(mailboxes_);
    }

    Result<std::vector<Mailbox>> find_all(Diagnostics& diagnostics) {
        auto found = find(true);
        if (!found) return found;
        mailboxes_ = std::move(*found);
        if (auto asked = ask_each(diagnostics); !asked) return tl::unexpected(asked.error());
        return std::move(mailboxes_);
    }

 private:
    void add(const imap::ListedMailbox& listed, bool extended) {
        if (has(listed, "\\NonExistent") && !has(listed, "\\HasChildren") && !has(listed, "\\Subscribed"))
            return;
        if (!by_name_.emplace(listed.name, mailboxes_.size()).second) return;  // listed twice
        Mailbox& mailbox = mailboxes_.emplace_back();
        mailbox.delimiter = listed.delimiter;
        mailbox.levels = {listed.name};
        if (!listed.delimiter.empty()) {
            mailbox.levels.clear();
            for (const std::string_view level : ascii::split(listed.name, listed.delimiter[0]))
                mailbox.levels.emplace_back(level);
        }
        if (listed.name == "INBOX") mailbox.role = "inbox";
        for (const Role& known : kRoles) {
            if (has(listed, known.attribute)) mailbox.role = known.role;
        }
        if (extended) mailbox.subscribed = has(listed, "\\Subscribed");
        if (has(listed, "\\Noselect") || has(listed, "\\NonExistent") || !listed.is_addressable) return;
        Location place = client_.location();
        place.mailbox = listed.name;
        mailbox.ref = encode(place);
    }

    void take(const imap::MailboxStatus& status) {
        const auto found = by_name_.find(status.name);
        if (found == by_name_.end()) return;
        Mailbox& mailbox = mailboxes_[found->second];
        mailbox.total = status.messages;
        mailbox.unread = status.unseen;
        mailbox.uid_next = status.uid_next;
        mailbox.uid_validity = status.uid_validity;
        mailbox.size = status.size;
    }

    // What LIST has not told: STATUS of each, and the quotas.
    Result<void> ask_each(Diagnostics& diagnostics) {
        const bool quotas = client_.has_capability("QUOTA");
        std::vector<std::size_t> left;
        for (std::size_t i = 0; i < mailboxes_.size(); ++i) {
            if (!mailboxes_[i].ref.empty()) left.push_back(i);
        }
        for (std::size_t at = 0; at < left.size(); at += kAtOnce) {
            std::vector<std::size_t> asked;  // the mailbox of each command, in order
            for (std::size_t i = at; i < std::min(at + kAtOnce, left.size()); ++i) {
                const std::string name = mailboxes_[left[i]].full_name();
                if (!mailboxes_[left[i]].total) {
                    client_.session().status(name);
                    asked.push_back(left[i]);
                }
                if (quotas) {
                    client_.session().get_quota_root(name);
                    asked.push_back(left[i]);
                }
            }
            if (auto told = hear(asked, diagnostics); !told) return told;
        }
        return {};
    }

    Result<void> hear(const std::vector<std::size_t>& asked, Diagnostics& diagnostics) {
        for (std::size_t done = 0; done < asked.size();) {
            auto step = client_.next();
            if (!step) return tl::unexpected(step.error());
            Mailbox& mailbox = mailboxes_[asked[done]];
            if (const auto* status = std::get_if<imap::MailboxStatus>(&*step)) {
                take(*status);
            } else if (const auto* quota = std::get_if<imap::Quota>(&*step)) {
                take(*quota, mailbox);
            } else if (const auto* refused = std::get_if<imap::Refused>(&*step)) {
                diagnostics.error(mailbox.ref, refused->error);
                ++done;
            } else if (std::holds_alternative<imap::CommandDone>(*step)) {
                ++done;
            } else if (!std::holds_alternative<imap::QuotaRoots>(*step)) {
                return unexpected_answer();
            }
        }
        return {};
    }

    static void take(const imap::Quota& quota, Mailbox& mailbox) {
        for (const imap::Quota::Resource& resource : quota.resources) {
            Mailbox::Quota one{quota.root, "count", resource.used, resource.limit};
            if (resource.name == "STORAGE") {
                one.resource_type = "octets";
                one.used = octets(resource.used);
                one.hard_limit = octets(resource.limit);
            } else if (resource.name != "MESSAGE") {
                continue;
            }
            mailbox.quotas.push_back(std::move(one));
        }
    }

    static std::uint64_t octets(std::uint64_t units) {
        return units > INT64_MAX / kStorageUnit ? INT64_MAX : units * kStorageUnit;
    }

    ImapClient& client_;
    std::vector<Mailbox> mailboxes_;
    std::unordered_map<std::string, std::size_t> by_name_;
};

}  // namespace

Result<std::vector<Mailbox>> mailboxes_of_imap(const Location& location, config::Accounts& accounts,
                                               Trace* trace, Diagnostics& diagnostics) {
    auto client = open_imap(location, accounts, trace, diagnostics, ImapAccess::account);
    if (!client) return tl::unexpected(client.error());
    return ImapMailboxes(**client).find_all(diagnostics);
}

Result<std::vector<Mailbox>> names_of_imap(ImapClient& client) {
    return ImapMailboxes(client).find(false);
}

}  // namespace mailpipe::app

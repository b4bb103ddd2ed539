#include "mailpipe/app/serve/imap/commands.hpp"
#include "mailpipe/imap/server/write_response.hpp"

// RFC 9208. There is one quota root for each user, "User", with the limit of --quota.
namespace mailpipe::app::serve {
namespace {

namespace proto = imap::server;

constexpr std::string_view kRoot = "User";
constexpr std::uint64_t kUnit = 1024;

Result<void> write_quota(Work& work, index::Account& account) {
    auto usage = account.usage();
    if (!usage) return tl::unexpected(usage.error());
    const std::uint64_t limit = work.state.config.delivery.quota;
    std::string& out = work.out;
    out.append("* QUOTA ").append(kRoot).append(" (");
    if (limit > 0) {
        out += "STORAGE ";
        proto::write_number(out, (usage->octets + kUnit - 1) / kUnit);
        out += ' ';
        proto::write_number(out, limit / kUnit);
    }
    out += ")\r\n";
    return {};
}

}  // namespace

Outcome on_get_quota(Work& work, const proto::GetQuota& command) {
    if (command.root != kRoot) return refused("NONEXISTENT", "There is no such quota root");
    auto account = work.state.names.own();
    if (!account) return refusal_of(account.error());
    auto written = write_quota(work, **account);
    return written ? done("That is the quota") : refusal_of(written.error());
}

Outcome on_get_quota_root(Work& work, const proto::GetQuotaRoot& command) {
    auto place = work.state.names.find(command.mailbox);
    if (!place) return refusal_of(place.error());
    if (!place->rights.read()) return refused("NOPERM", "You may not read it");
    if (auto mailbox = work.state.names.open(*place); !mailbox) return refusal_of(mailbox.error());
    work.out += "* QUOTAROOT ";
    proto::write_mailbox(work.out, command.mailbox, work.enabled.utf8);
    // How full another's mailbox is, is his affair.
    if (!place->own) {
        work.out += "\r\n";
        return done("That is another user's");
    }
    work.out.append(" ").append(kRoot).append("\r\n");
    auto written = write_quota(work, *place->account);
    return written ? done("That is the quota") : refusal_of(written.error());
}

Outcome on_set_quota(Work&, const proto::SetQuota&) {
    return refused("NOPERM", "Quotas are set by who runs the server");
}

}  // namespace mailpipe::app::serve

#include <numeric>

#include "mailpipe/imap/client_session_impl.hpp"

namespace mailpipe::imap {
namespace {

// Servers take lines of 64 KB and less; more names than that are asked for as all that the user has.
constexpr std::size_t kMostNames = 16U << 10;  // octets

}  // namespace

// notify-add = "SET" [SP "STATUS"] SP event-groups      RFC 5465 section 8
// STATUS has each mailbox told of at once, so that nothing falls between the fetch from it and this. With
// SELECTED-DELAYED no message number moves while a FETCH is answered.
void ClientSession::notify(const std::vector<std::string>& mailboxes, bool flags) {
    if (!impl_->has_capability("NOTIFY")) {
        return impl_->queue_refused(
            Verb::notify, Error{Errc::unsupported, "NOTIFY is not offered by the server", std::nullopt});
    }
    const std::string events = flags ? "(MessageNew MessageExpunge FlagChange)" : "(MessageNew MessageExpunge)";
    CommandEncoder encoder(impl_->literal_use());
    PendingCommand& command = impl_->queue(Verb::notify);
    encoder.text(command.tag).text(" NOTIFY SET STATUS (SELECTED-DELAYED ").text(events).text(")");
    impl_->noticed.clear();
    impl_->notify_overflowed = false;
    const auto octets = [](std::size_t sum, const std::string& mailbox) { return sum + mailbox.size(); };
    const bool all = std::accumulate(mailboxes.begin(), mailboxes.end(), std::size_t{0}, octets) > kMostNames;
    for (const std::string& mailbox : mailboxes) {
        const bool is_first = impl_->noticed.empty();
        impl_->noticed.emplace(mailbox, std::nullopt);
        if (all) continue;
        encoder.text(is_first ? " (MAILBOXES (" : " ");
        const auto name = impl_->wire_name(mailbox);
        const auto sent = name ? encoder.string(*name) : Result<void>(tl::unexpected(name.error()));
        if (!sent) command.refused = sent.error();
    }
    if (!mailboxes.empty()) encoder.text(all ? " (PERSONAL " : ") ").text(events).text(")");
    command.chunks = encoder.finish();
}

std::vector<MailboxStatus> ClientSession::take_notices() {
    std::vector<MailboxStatus> notices;
    for (auto& [name, status] : impl_->noticed) {
        if (status) notices.push_back(std::move(*status));
        status.reset();
    }
    return notices;
}

bool ClientSession::has_overflowed() const {
    return impl_->notify_overflowed;
}

// A STATUS response that answers no command. What it says of a mailbox that was not asked for is nobody's business.
void ClientSession::Impl::on_notice(Tokens& tokens, NameForm form) {
    if (noticed.empty() || !tokens.atom("STATUS") || !tokens.expect(' ', "SP")) return;
    auto status = parse_status(tokens, form);
    if (!status) return fail_with(status.error());
    const auto place = noticed.find(status->name);
    if (place != noticed.end()) place->second = std::move(*status);
}

}  // namespace mailpipe::imap

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/imap/client_session_impl.hpp"

namespace mailpipe::imap {
namespace {

std::string status_items(bool size) {
    return std::string("(MESSAGES UNSEEN UIDNEXT UIDVALIDITY") + (size ? " SIZE)" : ")");
}

}  // namespace

bool ClientSession::Impl::has_size_in_status() const {
    return has_capability("STATUS=SIZE") || has_capability("IMAP4REV2");
}

// RFC 5258 section 3, RFC 5819, RFC 6154 section 3.
void ClientSession::list(bool with_status) {
    const bool rev2 = impl_->has_capability("IMAP4REV2");
    with_status = with_status &&
                  (rev2 || (impl_->has_capability("LIST-EXTENDED") && impl_->has_capability("LIST-STATUS")));
    std::string options;
    if (rev2 || impl_->has_capability("LIST-EXTENDED")) {
        options = "SUBSCRIBED";
        if (rev2 || impl_->has_capability("SPECIAL-USE")) options += " SPECIAL-USE";
        if (with_status) options += " STATUS " + status_items(impl_->has_size_in_status());
    }
    impl_->queue_text(Verb::list,
                      options.empty() ? "LIST \"\" \"*\"" : "LIST \"\" \"*\" RETURN (" + options + ")");
    impl_->commands.back().with_status = with_status;
}

void ClientSession::list_delimiter() {
    impl_->queue_text(Verb::list, "LIST \"\" \"\"");
}

void ClientSession::status(std::string_view mailbox) {
    impl_->queue_of_mailbox(Verb::status, "STATUS", mailbox, status_items(impl_->has_size_in_status()));
}

void ClientSession::get_quota_root(std::string_view mailbox) {
    if (!impl_->has_capability("QUOTA")) {
        return impl_->queue_refused(
            Verb::quota, Error{Errc::unsupported, "QUOTA is not offered by the server", std::nullopt});
    }
    impl_->queue_of_mailbox(Verb::quota, "GETQUOTAROOT", mailbox, {});
}

void ClientSession::Impl::queue_of_mailbox(Verb verb, std::string_view word, std::string_view mailbox,
                                           std::string_view rest) {
    const auto name = wire_name(mailbox);
    if (!name) return queue_refused(verb, name.error());
    CommandEncoder encoder(literal_use());
    PendingCommand& command = queue(verb);
    encoder.text(command.tag).text(" ").text(word).text(" ");
    if (const auto sent = encoder.string(*name); !sent) command.refused = sent.error();
    if (!rest.empty()) encoder.text(" ").text(rest);
    command.chunks = encoder.finish();
}

// mailbox-data =/ "LIST" SP mailbox-list / "STATUS" SP ... / quota responses; those that nobody asked for are
// not ours to judge.
bool ClientSession::Impl::on_mailbox_data(std::string_view name, Tokens& tokens) {
    PendingCommand* list = in_flight(Verb::list);
    PendingCommand* status = list != nullptr && list->with_status ? list : in_flight(Verb::status);
    PendingCommand* quota = in_flight(Verb::quota);
    const NameForm form = is_utf8_enabled() ? NameForm::utf8 : NameForm::utf7;
    const auto take = [this, &tokens](PendingCommand* command, auto parse) {
        if (!tokens.atom("word") || !tokens.expect(' ', "SP")) return fail_with(Errc::protocol, "SP expected");
        asked = true;
        if (++command->listed > limits::kListedMailboxes) {
            return fail_with(Errc::limit, "more mailboxes than kListedMailboxes (" +
                                              std::to_string(limits::kListedMailboxes) + ")");
        }
        auto parsed = parse(tokens);
        if (!parsed) return fail_with(parsed.error());
        events.push_back(std::move(*parsed));
    };
    if (ascii::equals_ignore_case(name, "LIST")) {
        if (list != nullptr) take(list, [form](Tokens& rest) { return parse_list(rest, form); });
    } else if (ascii::equals_ignore_case(name, "STATUS")) {
        if (status == nullptr) {
            on_notice(tokens, form);
        } else {
            take(status, [form](Tokens& rest) { return parse_status(rest, form); });
        }
    } else if (ascii::equals_ignore_case(name, "QUOTAROOT")) {
        if (quota != nullptr) take(quota, parse_quota_roots);
    } else if (ascii::equals_ignore_case(name, "QUOTA")) {
        if (quota != nullptr) take(quota, parse_quota);
    } else {
        return false;
    }
    return true;
}

}  // namespace mailpipe::imap

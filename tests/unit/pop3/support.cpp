#include "tests/unit/pop3/support.hpp"

#include "mailpipe/sasl/mechanism.hpp"

namespace mailpipe::pop3::test {

void ServerDriver::drain() {
    while (!over) {
        auto step = session.next();
        if (std::holds_alternative<wire::NeedInput>(step)) return;
        if (auto* out = std::get_if<wire::Output>(&step)) {
            output += out->octets;
        } else if (std::holds_alternative<wire::StartTls>(step)) {
            events.emplace_back("StartTls");
        } else if (auto* failed = std::get_if<wire::Failed>(&step)) {
            events.push_back("Failed " + kind_name(failed->error.kind));
            error = failed->error;
            over = true;
        } else if (auto* login = std::get_if<LoginRequested>(&step)) {
            on_login(login->request);
        } else if (auto* message = std::get_if<MessageRequested>(&step)) {
            on_message(*message);
        } else if (auto* commit = std::get_if<CommitRequested>(&step)) {
            deleted = commit->deleted;
            committed = true;
            events.push_back("Commit " + std::to_string(deleted.size()));
            if (answer) session.commit_done(!commit_fails);
        } else if (std::holds_alternative<PeerQuit>(step)) {
            events.emplace_back("PeerQuit");
            over = true;
        }
    }
}

void ServerDriver::on_login(const sasl::ServerRequest& login) {
    events.push_back("Login " + login.user);
    if (!answer) return;
    const bool known = login.user == "alice" || login.user == "mrose";
    const bool valid = login.kind != sasl::ServerRequest::Kind::apop
                           ? login.password.equals("secret")
                           : login.digest == sasl::apop_digest(login.challenge, Secret("secret"));
    if (refusal) return session.login_refused(*refusal);
    if (!known || !valid) return session.login_refused(LoginFailure::credentials);
    std::vector<MaildropEntry> maildrop;
    for (std::size_t i = 0; i < messages.size(); ++i) {
        maildrop.push_back({messages[i].size(), "uid-" + std::to_string(i + 1)});
    }
    session.login_accepted(std::move(maildrop));
}

void ServerDriver::on_message(const MessageRequested& request) {
    events.push_back((request.is_top ? "Top " : "Retr ") + std::to_string(request.index));
    if (!answer) return;
    std::string_view rest = messages[request.index];
    if (!message_failure.empty()) {
        if (fail_after > 0) session.message_data(rest.substr(0, fail_after));
        return session.message_failed(message_failure);
    }
    while (!rest.empty() && session.message_wanted()) {
        session.message_data(rest.substr(0, message_piece));
        rest.remove_prefix(std::min(message_piece, rest.size()));
    }
    session.message_end();
}

}  // namespace mailpipe::pop3::test

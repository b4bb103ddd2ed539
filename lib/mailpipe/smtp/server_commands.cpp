#include <algorithm>
#include <array>
#include <string>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/smtp/command.hpp"
#include "mailpipe/smtp/date_time.hpp"
#include "mailpipe/smtp/path.hpp"
#include "mailpipe/smtp/server_impl.hpp"

namespace mailpipe::smtp {

namespace {

void add_extensions(const ServerExtensions& offered, std::vector<std::string>& lines) {
    if (offered.chunking) lines.emplace_back("CHUNKING");
    if (offered.chunking && offered.binary) lines.emplace_back("BINARYMIME");
    if (offered.utf8) lines.emplace_back("SMTPUTF8");
    if (offered.dsn) lines.emplace_back("DSN");
    if (offered.priority) lines.emplace_back("MT-PRIORITY");
    if (offered.require_tls) lines.emplace_back("REQUIRETLS");
    if (offered.xclient) lines.push_back("XCLIENT " + xclient_attributes());
    if (offered.deliver_by_minimum) {
        const std::string minimum = std::to_string(*offered.deliver_by_minimum);
        lines.push_back(minimum == "0" ? "DELIVERBY" : "DELIVERBY " + minimum);
    }
    if (offered.max_hold_for != 0) {
        lines.push_back("FUTURERELEASE " + std::to_string(offered.max_hold_for) + ' ' +
                        encode_date_time(offered.max_hold_until));
    }
}

}  // namespace

const ServerSession::Impl::Entry* ServerSession::Impl::find_command(std::string_view verb) {
    static constexpr std::array kCommands{
        Entry{"EHLO", &Impl::on_ehlo},    Entry{"HELO", &Impl::on_helo},         Entry{"LHLO", &Impl::on_lhlo},
        Entry{"MAIL", &Impl::on_mail},    Entry{"RCPT", &Impl::on_rcpt},         Entry{"DATA", &Impl::on_data},
        Entry{"BDAT", &Impl::on_bdat},    Entry{"RSET", &Impl::on_rset},         Entry{"NOOP", &Impl::on_noop},
        Entry{"HELP", &Impl::on_help},    Entry{"VRFY", &Impl::on_vrfy},         Entry{"EXPN", &Impl::on_expn},
        Entry{"QUIT", &Impl::on_quit},    Entry{"STARTTLS", &Impl::on_starttls}, Entry{"AUTH", &Impl::on_auth},
        Entry{"GET", &Impl::on_http},     Entry{"POST", &Impl::on_http},         Entry{"PUT", &Impl::on_http},
        Entry{"CONNECT", &Impl::on_http}, Entry{"XCLIENT", &Impl::on_xclient},
    };
    const auto found = std::find_if(kCommands.begin(), kCommands.end(),
                                    [verb](const Entry& entry) { return entry.verb == verb; });
    return found == kCommands.end() ? nullptr : &*found;
}

bool ServerSession::Impl::needs_no_argument(std::string_view argument) {
    if (argument.empty()) return true;
    refuse_command(501, "5.5.4", "Command takes no argument");
    return false;
}

// ehlo = "EHLO" SP ( Domain / address-literal ) CRLF
bool ServerSession::Impl::greet(std::string_view argument, bool is_esmtp) {
    if (!is_domain_or_literal(argument, true)) {
        refuse_command(501, "5.5.4", "A domain or address literal is expected");
        return false;
    }
    abort_transaction();
    helo = argument;
    esmtp = is_esmtp;
    return true;
}

void ServerSession::Impl::on_ehlo(std::string_view argument) {
    if (lmtp()) return refuse_command(500, "5.5.1", "This is LMTP; use LHLO");
    if (greet(argument, true)) offer_extensions();
}

void ServerSession::Impl::on_lhlo(std::string_view argument) {
    if (!lmtp()) return refuse_command(500, "5.5.1", "This is SMTP; use EHLO");
    if (greet(argument, true)) offer_extensions();
}

void ServerSession::Impl::on_helo(std::string_view argument) {
    if (lmtp()) return refuse_command(500, "5.5.1", "This is LMTP; use LHLO");
    if (greet(argument, false)) respond(250, "", options.host_name);
}

ServerExtensions ServerSession::Impl::offered() const {
    ServerExtensions result = options.extensions;
    result.require_tls = result.require_tls && options.tls_active;
    if (!authenticated && !auth_offered()) result.max_hold_for = 0;
    return result;
}

void ServerSession::Impl::offer_extensions() {
    Reply reply{250, "", {options.host_name + " greets " + helo, "PIPELINING"}};
    if (options.max_size != 0) reply.lines.push_back("SIZE " + std::to_string(options.max_size));
    reply.lines.insert(reply.lines.end(), {"8BITMIME", "ENHANCEDSTATUSCODES",
                                           "LIMITS RCPTMAX=" + std::to_string(options.max_recipients)});
    add_extensions(offered(), reply.lines);
    if (options.tls_available && !options.tls_active && !authenticated) reply.lines.emplace_back("STARTTLS");
    if (auth_offered() && !authenticated) {
        std::string mechanisms = "AUTH";
        for (std::string_view name : sasl::offered_mechanisms(options.sasl))
            mechanisms += ' ' + std::string(name);
        reply.lines.push_back(std::move(mechanisms));
    }
    respond(reply);
}

void ServerSession::Impl::on_mail(std::string_view argument) {
    if (helo.empty())
        return refuse_command(503, "5.5.1", lmtp() ? "LHLO is expected first" : "EHLO is expected first");
    if (has_sender) return refuse_command(503, "5.5.1", "MAIL is given already");
    if (options.login_required && !authenticated) return refuse_command(530, "5.7.0", "Log in first");
    auto mail = parse_mail(argument, esmtp, offered());
    if (!mail) return refuse_command(mail.error());
    if (options.max_size != 0 && mail->size.value_or(0) > options.max_size) {
        return refuse_command(552, "5.3.4",
                              "Message is larger than " + std::to_string(options.max_size) + " octets");
    }
    // RFC 4865 section 8: what is held takes space for long, which is for those who are known.
    if ((mail->hold_for || mail->hold_until) && !authenticated)
        return refuse_command(530, "5.7.0", "Log in first");
    state = State::mail_answer;
    body = mail->body;
    utf8 = mail->smtputf8;
    events.emplace_back(MailRequested{std::move(*mail)});
}

void ServerSession::Impl::on_rcpt(std::string_view argument) {
    if (!has_sender || in_chunks) return refuse_command(503, "5.5.1", "MAIL is expected first");
    if (recipients >= options.max_recipients)
        return respond(452, "4.5.3", "More than " + std::to_string(options.max_recipients) + " recipients");
    auto rcpt = parse_rcpt(argument, esmtp, utf8, offered());
    if (!rcpt) return refuse_command(rcpt.error());
    state = State::rcpt_answer;
    events.emplace_back(RecipientRequested{std::move(rcpt->recipient), std::move(rcpt->options)});
}

void ServerSession::Impl::on_data(std::string_view argument) {
    if (!needs_no_argument(argument)) return;
    if (!has_sender) return refuse_command(503, "5.5.1", "MAIL is expected first");
    if (in_chunks || body == Body::binary) return refuse_command(503, "5.5.1", "BDAT is expected");
    // Without a recipient 354 would leave a client that pipelined with a message for nobody (RFC 2033
    // section 4.2).
    if (recipients == 0) return refuse_command(lmtp() ? 503 : 554, "5.5.1", "No valid recipients");
    respond(354, "", "End the message with a line that is a single dot");
    state = State::data;
    begin_body();
}

void ServerSession::Impl::on_rset(std::string_view argument) {
    if (!needs_no_argument(argument)) return;
    abort_transaction();
    respond(250, "2.0.0", "OK");
}

void ServerSession::Impl::on_noop(std::string_view /*argument*/) {
    respond(250, "2.0.0", "OK");
}

void ServerSession::Impl::on_help(std::string_view /*argument*/) {
    respond(214, "2.0.0",
            "mailpipe; commands: MAIL RCPT DATA BDAT RSET NOOP VRFY EXPN HELP STARTTLS AUTH QUIT");
}

void ServerSession::Impl::on_vrfy(std::string_view argument) {
    if (argument.empty()) return refuse_command(501, "5.5.4", "VRFY takes an address");
    // RFC 5321 section 7.3: who exists is not told to strangers.
    if (!authenticated) return respond(252, "2.1.5", "Not verified; try RCPT");
    state = State::verify_answer;
    events.emplace_back(VerifyRequested{std::string(argument), false});
}

void ServerSession::Impl::on_expn(std::string_view argument) {
    if (!authenticated) return refuse_command(502, "5.5.1", "EXPN is for who has logged in");
    if (argument.empty()) return refuse_command(501, "5.5.4", "EXPN takes an address");
    state = State::verify_answer;
    events.emplace_back(VerifyRequested{std::string(argument), true});
}

void ServerSession::Impl::verified(const Reply& reply) {
    if (state != State::verify_answer) return;
    state = State::command;
    reply.code >= 500 ? refuse_command(reply) : respond(reply);
}

void ServerSession::Impl::on_quit(std::string_view argument) {
    if (!needs_no_argument(argument)) return;
    abort_transaction();
    respond(221, "2.0.0", "Bye");
    state = State::ended;
    events.emplace_back(PeerQuit{});
}

void ServerSession::Impl::on_starttls(std::string_view argument) {
    if (!needs_no_argument(argument)) return;
    if (options.tls_active) return refuse_command(503, "5.5.1", "TLS is active already");
    if (authenticated) return refuse_command(503, "5.5.1", "Not after AUTH");
    if (!options.tls_available) return refuse_command(502, "5.5.1", "STARTTLS is not available");
    if (!input.empty()) {
        // Dovecot CVE-2021-33515: commands that an attacker put behind STARTTLS would run inside the victim's
        // TLS.
        return end_with(Reply{554, "5.5.1", {"Data behind STARTTLS"}},
                        Error{Errc::protocol, "peer sent data behind STARTTLS"});
    }
    abort_transaction();
    respond(220, "2.0.0", "Ready to start TLS");
    state = State::tls;
    events.emplace_back(wire::StartTls{});
}

// A web page that makes a browser speak to this port must not get as far as a line that is a command.
void ServerSession::Impl::on_http(std::string_view /*argument*/) {
    end_with(Reply{554, "5.5.1", {"This is not a web server"}}, Error{Errc::protocol, "peer speaks HTTP"});
}

}  // namespace mailpipe::smtp

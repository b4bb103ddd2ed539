#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/smtp/command.hpp"
#include "mailpipe/smtp/path.hpp"
#include "mailpipe/smtp/server_impl.hpp"
#include "mailpipe/smtp/xtext.hpp"

// XCLIENT, as Postfix has it: a proxy says who its client is.
namespace mailpipe::smtp {
namespace {

Parsed<void> malformed(std::string text) {
    return refused(501, "5.5.4", std::move(text));
}

// "192.0.2.7" / "IPV6:2001:db8::7"
bool is_address(std::string_view value) {
    return value.find('[') == std::string_view::npos && is_domain_or_literal('[' + std::string(value) + ']');
}

Parsed<std::uint16_t> parse_port(std::string_view value) {
    const auto port = ascii::parse_number(value);
    if (!port || *port == 0 || *port > 65535 || value.size() > 5)
        return refused(501, "5.5.4", "PORT is 1 to 65535");
    return static_cast<std::uint16_t>(*port);
}

Parsed<void> take_name(std::string_view value, ClientNamed& /*out*/) {
    return is_domain_or_literal(value, true) ? Parsed<void>() : malformed("NAME takes a host's name");
}

Parsed<void> take_address(std::string_view value, ClientNamed& out) {
    if (!is_address(value)) return malformed("ADDR takes an IPv4 address, or IPV6: and one");
    const std::size_t colon = value.find(':');
    out.address = ascii::starts_with_ignore_case(value, "IPV6:") ? value.substr(colon + 1) : value;
    return {};
}

Parsed<void> take_port(std::string_view value, ClientNamed& out) {
    const auto port = parse_port(value);
    if (!port) return tl::unexpected(port.error());
    out.port = *port;
    return {};
}

Parsed<void> take_protocol(std::string_view value, ClientNamed& out) {
    out.esmtp = ascii::equals_ignore_case(value, "ESMTP");
    return out.esmtp || ascii::equals_ignore_case(value, "SMTP") ? Parsed<void>()
                                                                 : malformed("PROTO is SMTP or ESMTP");
}

Parsed<void> take_helo(std::string_view value, ClientNamed& out) {
    if (!is_domain_or_literal(value, true)) return malformed("HELO takes a domain or address literal");
    out.helo = value;
    return {};
}

Parsed<void> take_login(std::string_view value, ClientNamed& out) {
    out.login = value;
    return value.empty() ? malformed("LOGIN takes a name") : Parsed<void>();
}

Parsed<void> take_destination_address(std::string_view value, ClientNamed& /*out*/) {
    return is_address(value) ? Parsed<void>() : malformed("DESTADDR takes an IPv4 address, or IPV6: and one");
}

Parsed<void> take_destination_port(std::string_view value, ClientNamed& /*out*/) {
    const auto port = parse_port(value);
    return port ? Parsed<void>() : malformed("DESTPORT is 1 to 65535");
}

struct Attribute {
    std::string_view name;
    Parsed<void> (*take)(std::string_view value, ClientNamed& out);
};

constexpr std::array kAttributes{
    Attribute{"NAME", take_name},
    Attribute{"ADDR", take_address},
    Attribute{"PORT", take_port},
    Attribute{"PROTO", take_protocol},
    Attribute{"HELO", take_helo},
    Attribute{"LOGIN", take_login},
    Attribute{"DESTADDR", take_destination_address},
    Attribute{"DESTPORT", take_destination_port},
};

// xclient-command = "XCLIENT" 1*(SP attribute-name "=" attribute-value)
// attribute-value = xtext, of which "[UNAVAILABLE]" and "[TEMPUNAVAIL]" are as if it were not given
Parsed<ClientNamed> parse_xclient(std::string_view argument) {
    ClientNamed client;
    std::string names;
    const auto words = ascii::split_words(argument);
    if (words.empty()) return refused(501, "5.5.4", "XCLIENT takes attributes: " + xclient_attributes());
    for (const std::string_view word : words) {
        const std::size_t equals = std::min(word.find('='), word.size());
        const std::string name = ascii::to_upper(word.substr(0, equals));
        const auto known = std::find_if(kAttributes.begin(), kAttributes.end(),
                                        [&name](const Attribute& row) { return row.name == name; });
        if (known == kAttributes.end() || equals == word.size())
            return refused(501, "5.5.4", "XCLIENT has no such attribute");
        if (names.find(' ' + name + ' ') != std::string::npos)
            return refused(501, "5.5.4", name + " is given twice");
        names += ' ' + name + ' ';
        const auto value = decode_xtext(word.substr(equals + 1));
        if (!value) return refused(501, "5.5.4", name + " takes xtext");
        const std::string upper = ascii::to_upper(*value);
        if (upper == "[UNAVAILABLE]" || upper == "[TEMPUNAVAIL]") continue;
        if (auto taken = known->take(*value, client); !taken) return tl::unexpected(taken.error());
    }
    return client;
}

}  // namespace

std::string xclient_attributes() {
    std::string names;
    for (const Attribute& attribute : kAttributes)
        names.append(names.empty() ? "" : " ").append(attribute.name);
    return names;
}

void ServerSession::Impl::on_xclient(std::string_view argument) {
    if (!options.extensions.xclient) return refuse_command(550, "5.7.0", "XCLIENT is for trusted proxies");
    if (has_sender) return refuse_command(503, "5.5.1", "Not inside of a transaction");
    auto client = parse_xclient(argument);
    if (!client) return refuse_command(client.error());
    named = *client;
    state = State::xclient_answer;
    events.emplace_back(std::move(*client));
}

// The conversation begins anew, as that of the client.
void ServerSession::Impl::client_answered(const Reply& reply) {
    if (state != State::xclient_answer) return;
    state = State::command;
    if (reply.code >= 400) return end_with(reply, Error{Errc::unavailable, "session refused"});
    helo = named.helo;
    esmtp = named.esmtp;
    authenticated = !named.login.empty();
    // Whoever is behind a proxy is not this host itself.
    options.auth_without_tls = false;
    greeting();
}

}  // namespace mailpipe::smtp

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <utility>
#include <variant>

#include "mailpipe/app/diagnostics.hpp"
#include "mailpipe/app/location.hpp"
#include "mailpipe/app/options.hpp"
#include "mailpipe/app/stop.hpp"
#include "mailpipe/base/secret.hpp"
#include "mailpipe/base/trace.hpp"
#include "mailpipe/net/stream.hpp"
#include "mailpipe/wire/session.hpp"

namespace mailpipe::app {

// A connected stream and how TLS is to be used on it.
struct Connection {
    std::unique_ptr<net::Stream> stream;
    net::TlsClientOptions tls_options;
    TlsMode tls = TlsMode::starttls;
    bool allow_plaintext_auth = false;  // the peer is loopback, a tunnel, or the user said so
    bool is_tunnel = false;
    bool gssapi = false;    // as ClientOptions say
    bool compress = false;  // the same
    std::optional<net::TlsInfo> tls_info;
    bool tls_failed = false;  // the handshake behind STARTTLS
    // While it is not yet known who is there, a timeout on each read is not enough: a server that sends one octet
    // in time again and again would hold a fetch for ever. Taken away once the login is done.
    std::optional<std::chrono::steady_clock::time_point> login_due;
    // Afterwards what is sent one octet at a time counts as silence: of a few octets in four timeouts nothing comes.
    std::chrono::milliseconds patience{0};
    std::chrono::steady_clock::duration waited{0};  // for the octets below
    std::size_t octets = 0;                         // read since the last write
    // How long the parts of connecting took; what did not happen took none.
    std::chrono::duration<double> look_up_time{0};
    std::chrono::duration<double> connect_time{0};
    std::chrono::duration<double> tls_time{0};  // implicit TLS only
};

// How TLS is used for a remote location: by --tls, else implicit for imaps://, pop3s:// and smtps://, none for
// a Unix socket, STARTTLS for all others. Errors usage: imaps:// with --tls none or starttls, a Unix socket
// with TLS.
Result<TlsMode> tls_mode(const Location& location, const ClientOptions& options);

// Connects to a remote location and, for implicit TLS, does the handshake. Behind a proxy no peer counts as
// loopback. Once `stop` is true the connection waits for the peer at most 2 s more each time, and not for a
// connect; then it fails with temporary "interrupted". Errors: those of tls_mode, usage for a location that is
// not remote or has port 0, and those of net::connect_tcp and Stream::start_tls.
Result<Connection> open_connection(const Location& location, const ClientOptions& options,
                                   std::function<bool()> stop = stop_requested);

// The user of the location, of --user, or of the netrc entry of the host. Errors: usage when there is none or
// it contains a control character; config for a netrc file that is unusable.
Result<std::string> login_user(const Location& location, const ClientOptions& options);
struct Login {
    std::string user;
    Secret password;
    bool is_token = false;  // what --token-command has printed
};
// The secret is from --token-command or --password-command (sh -c; the first line of its output, and it must end with
// 0), --password-file (its first line), $MAILPIPE_PASSWORD or ~/.netrc ($NETRC), in this order. A regular file that
// others than its owner can read is refused. It need not be there with --tunnel, as who made the tunnel may have logged
// in, nor with a certificate or a ticket. Errors: those of login_user() and tls_mode(); config, which names the source
// and never what it holds.
Result<Login> find_login(const Location& location, const ClientOptions& options);

// What the sessions of all protocols are told alike.
template <class SessionOptions>
SessionOptions session_options(const Connection& connection, Login login, Trace* trace) {
    SessionOptions options;
    options.tls = connection.tls;
    options.password_is_token = login.is_token;
    options.user = std::move(login.user);
    options.password = std::move(login.password);
    if (connection.tls_info) options.channel_binding = connection.tls_info->channel_binding;
    options.has_certificate =
        connection.tls != TlsMode::none && !connection.tls_options.certificate_file.empty();
    if (connection.gssapi) options.kerberos_host = connection.tls_options.host;
    options.allow_plaintext_auth = connection.allow_plaintext_auth;
    options.trace = trace;
    return options;
}

// For an event that nothing in flight explains.
inline Fail unexpected_answer() {
    return fail(Errc::protocol, "the server answers what was not asked");
}

// As Stream::read() and write(). Error temporary when login_due is over, or the peer only drips.
Result<std::string_view> read_from(Connection& connection);
Result<void> write_to(Connection& connection, std::string_view octets);

// Drives a session until it yields an event of the protocol and returns that: output is written, input is read
// when the session needs it, TLS is started when it asks. The step is never Output, StartTls or Failed (which
// becomes the error), and NeedInput only where `read` returns no octets.
template <class Session, class Read>
auto drive_by(Session& session, Connection& connection, Read read) -> Result<decltype(session.next())> {
    while (true) {
        auto step = session.next();
        if (auto* output = std::get_if<wire::Output>(&step)) {
            if (auto written = write_to(connection, output->octets); !written)
                return tl::unexpected(written.error());
        } else if (std::holds_alternative<wire::NeedInput>(step)) {
            Result<std::optional<std::string_view>> octets = read();
            if (!octets) return tl::unexpected(octets.error());
            if (!*octets) return step;
            if ((*octets)->empty()) {
                session.feed_eof();
            } else {
                session.feed(**octets);
            }
        } else if (std::holds_alternative<wire::StartTls>(step)) {
            auto info = connection.stream->start_tls(connection.tls_options);
            connection.tls_failed = !info;
            if (!info) return tl::unexpected(info.error());
            connection.tls_info = *info;
            session.tls_started(info->channel_binding);
        } else if (auto* failed = std::get_if<wire::Failed>(&step)) {
            return tl::unexpected(std::move(failed->error));
        } else {
            return step;
        }
    }
}

// The caller must have something outstanding, or it waits for the peer until the timeout.
template <class Session>
auto drive(Session& session, Connection& connection) {
    return drive_by(session, connection, [&connection]() -> Result<std::optional<std::string_view>> {
        auto octets = read_from(connection);
        if (!octets) return tl::unexpected(octets.error());
        return *octets;
    });
}

}  // namespace mailpipe::app

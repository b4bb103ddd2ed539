#include "mailpipe/app/connection.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "mailpipe/net/socket.hpp"

namespace mailpipe::app {
namespace {

constexpr int kPatience = 4;  // timeouts
// Less than what servers say every two minutes to keep a connection open while they work.
constexpr std::size_t kLeastOctets = 32;

}  // namespace

Result<TlsMode> tls_mode(const Location& location, const ClientOptions& options) {
    const std::string scheme(scheme_name(location.scheme));
    if (!location.path.empty()) {
        if (options.tls && *options.tls != TlsMode::none) {
            return fail(Errc::usage, "a Unix socket has no TLS; leave --tls out");
        }
        return TlsMode::none;
    }
    // A tunnel is as safe as its command is; imaps:// and the like mean TLS within it.
    if (!options.tls && !options.tunnel.empty() && !location.implicit_tls()) return TlsMode::none;
    if (!options.tls) return location.implicit_tls() ? TlsMode::implicit : TlsMode::starttls;
    if (location.implicit_tls() && *options.tls != TlsMode::implicit) {
        const std::string plain = scheme.substr(0, scheme.size() - 1);
        return fail(Errc::usage, scheme + ":// means TLS from the first octet; with --tls " +
                                     (*options.tls == TlsMode::none ? "none" : "starttls") + " write " + plain +
                                     "://");
    }
    if (*options.tls == TlsMode::may && options.connect_address.empty())
        return fail(Errc::usage, "--tls may is for --server mx: only");
    return *options.tls;
}

Result<Connection> open_connection(const Location& location, const ClientOptions& options,
                                   std::function<bool()> stop) {
    if (!location.is_remote()) return fail(Errc::usage, "not a server; write a URL such as imaps://HOST");
    const bool unix_socket = !location.path.empty();
    if (!unix_socket && (location.port == 0 || location.host == "*")) {
        return fail(Errc::usage, "port 0 and host * are for listening only");
    }
    auto tls = tls_mode(location, options);
    if (!tls) return tl::unexpected(tls.error());

    net::ConnectOptions connect_options;
    connect_options.family = options.family;
    connect_options.timeout = options.timeout;
    connect_options.proxy = options.proxy;
    connect_options.source_addresses = options.source_addresses;
    connect_options.stop_requested = std::move(stop);
    Connection connection;
    connect_options.timed = [&connection](std::chrono::microseconds look_up,
                                          std::chrono::microseconds connect) {
        connection.look_up_time = look_up;
        connection.connect_time = connect;
    };
    const bool tunnel = !options.tunnel.empty();
    const std::string& host = options.connect_address.empty() ? location.host : options.connect_address;
    auto stream = tunnel        ? net::connect_command(options.tunnel, connect_options)
                  : unix_socket ? net::connect_unix(location.path, connect_options)
                                : net::connect_tcp(host, location.port, connect_options);
    if (!stream) return tl::unexpected(stream.error());

    connection.stream = std::move(*stream);
    connection.patience = kPatience * options.timeout;
    connection.login_due = std::chrono::steady_clock::now() + connection.patience;
    connection.tls = *tls;
    connection.is_tunnel = tunnel;
    connection.tls_options.host = location.host;
    connection.tls_options.other_names = options.other_names;
    connection.tls_options.verify = options.verify;
    connection.tls_options.ca_file = options.tls_ca;
    connection.tls_options.pin_sha256 = options.pin_sha256;
    connection.tls_options.certificate_file = options.tls_certificate;
    connection.tls_options.key_file = options.tls_key;
    connection.gssapi = options.gssapi;
    connection.compress = options.compress;
    // A SOCKS proxy on this host is a loopback peer, and yet the password would go out in clear text behind it.
    const bool local = options.proxy.empty() && connection.stream->peer_is_loopback();
    connection.allow_plaintext_auth = *tls == TlsMode::none && (local || options.allow_plaintext_auth);
    if (*tls == TlsMode::implicit) {
        const auto begun = std::chrono::steady_clock::now();
        auto info = connection.stream->start_tls(connection.tls_options);
        if (!info) return tl::unexpected(info.error());
        connection.tls_time = std::chrono::steady_clock::now() - begun;
        connection.tls_info = *info;
    }
    return connection;
}

Result<std::string_view> read_from(Connection& connection) {
    const auto begun = std::chrono::steady_clock::now();
    if (connection.login_due && begun >= *connection.login_due) {
        return fail(Errc::temporary,
                    "timed out, the login was not done within " + net::seconds_text(connection.patience));
    }
    auto octets = connection.stream->read();
    if (!octets) return octets;
    connection.waited += std::chrono::steady_clock::now() - begun;
    connection.octets += octets->size();
    if (octets->empty() || connection.octets >= kLeastOctets) {
        connection.waited = {};
        connection.octets = 0;
    } else if (connection.waited > connection.patience) {
        return fail(Errc::temporary, fmt::format("timed out, only {} octets came in {}", connection.octets,
                                                 net::seconds_text(connection.patience)));
    }
    return octets;
}

Result<void> write_to(Connection& connection, std::string_view octets) {
    connection.waited = {};
    connection.octets = 0;
    return connection.stream->write(octets);
}

}  // namespace mailpipe::app

#pragma once

#include <memory>
#include <utility>
#include <variant>

#include "mailpipe/app/diagnostics.hpp"
#include "mailpipe/app/location.hpp"
#include "mailpipe/app/options.hpp"
#include "mailpipe/base/secret.hpp"
#include "mailpipe/net/stream.hpp"
#include "mailpipe/wire/session.hpp"

namespace mailpipe::app {

// A connected stream and how TLS is to be used on it.
struct Connection {
    std::unique_ptr<net::Stream> stream;
    net::TlsClientOptions tls_options;
    TlsMode tls = TlsMode::starttls;
    bool allow_plaintext_auth = false;  // the peer is loopback or the user said so
    std::optional<net::TlsInfo> tls_info;
};

// Connects to a remote location and, for implicit TLS, does the handshake. Errors: usage for imaps:// with --tls
// none and its like, and those of net::connect_tcp and Stream::start_tls.
Result<Connection> open_connection(const Location& location, const ClientOptions& options);

// The user of the location, or of --user. Errors: usage when there is none.
Result<std::string> login_user(const Location& location, const ClientOptions& options);
// From --password-command, --password-file, $MAILPIPE_PASSWORD, ~/.netrc ($NETRC), in this order. Errors: config.
Result<Secret> login_password(const Location& location, const std::string& user, const ClientOptions& options);

// Drives a session until it yields an event of the protocol and returns that: output is written, input is read
// when the session needs it, TLS is started when it asks. The step is never NeedInput, Output, StartTls or Failed
// (which becomes the error). The caller must have something outstanding, or it waits for the peer until the timeout.
template <class Session>
auto drive(Session& session, Connection& connection) -> Result<decltype(session.next())> {
    while (true) {
        auto step = session.next();
        if (auto* output = std::get_if<wire::Output>(&step)) {
            if (auto written = connection.stream->write(output->octets); !written) return tl::unexpected(written.error());
        } else if (std::holds_alternative<wire::NeedInput>(step)) {
            auto octets = connection.stream->read();
            if (!octets) return tl::unexpected(octets.error());
            if (octets->empty()) {
                session.feed_eof();
            } else {
                session.feed(*octets);
            }
        } else if (std::holds_alternative<wire::StartTls>(step)) {
            auto info = connection.stream->start_tls(connection.tls_options);
            if (!info) return tl::unexpected(info.error());
            connection.tls_info = *info;
            session.tls_started();
        } else if (auto* failed = std::get_if<wire::Failed>(&step)) {
            return tl::unexpected(std::move(failed->error));
        } else {
            return step;
        }
    }
}

}  // namespace mailpipe::app

#include <curl/curl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>

#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/net/connect_address.hpp"
#include "mailpipe/net/socket.hpp"
#include "mailpipe/net/socket_stream.hpp"
#include "mailpipe/net/stream.hpp"
#include "mailpipe/net/tls_verify.hpp"

namespace mailpipe::net {
namespace {

struct CurlDeleter {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using CurlHandle = std::unique_ptr<CURL, CurlDeleter>;

CurlHandle make_handle() {
    static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
    return CurlHandle(global == CURLE_OK ? curl_easy_init() : nullptr);
}

int stop_when_asked(void* asked, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    const auto& stop_requested = *static_cast<const std::function<bool()>*>(asked);
    return stop_requested && stop_requested() ? 1 : 0;
}

// libcurl takes the host through its URL parser, so that no host can smuggle in a path, a user or a port.
Result<std::string> url_of(const std::string& host, std::uint16_t port) {
    const std::unique_ptr<CURLU, CurlDeleter> url(curl_url());
    const std::string bracketed = host.find(':') != std::string::npos ? "[" + host + "]" : host;
    char* text = nullptr;
    if (host.empty() || curl_url_set(url.get(), CURLUPART_SCHEME, "http", 0) != CURLUE_OK ||
        curl_url_set(url.get(), CURLUPART_HOST, bracketed.c_str(), 0) != CURLUE_OK ||
        curl_url_set(url.get(), CURLUPART_PORT, std::to_string(port).c_str(), 0) != CURLUE_OK ||
        curl_url_get(url.get(), CURLUPART_URL, &text, 0) != CURLUE_OK) {
        return fail(Errc::usage, "\"" + terminal_text(host) + "\" is not a host name or address");
    }
    std::string result = text;
    curl_free(text);
    return result;
}

int family_of(AddressFamily family) {
    if (family == AddressFamily::ipv4) return AF_INET;
    return family == AddressFamily::ipv6 ? AF_INET6 : AF_UNSPEC;
}

// libcurl does not tell a name that does not exist from a resolver that does not answer.
Fail resolver_error(const std::string& host, AddressFamily family) {
    addrinfo hints{};
    hints.ai_family = family_of(family);
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    const int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
    if (list != nullptr) ::freeaddrinfo(list);
    switch (code) {
        case EAI_NONAME:
        case EAI_NODATA:
        case EAI_ADDRFAMILY:
            if (family != AddressFamily::any) {
                return fail(Errc::no_host, fmt::format("{} has no IPv{} address", terminal_text(host),
                                                       family == AddressFamily::ipv4 ? 4 : 6));
            }
            return fail(Errc::no_host, "no such host: " + terminal_text(host));
        default:
            return fail(Errc::temporary,
                        fmt::format("the name {} cannot be resolved now: {}", terminal_text(host),
                                    code == 0 ? "try again" : ::gai_strerror(code)));
    }
}

struct Attempt {
    const std::string& host;
    std::uint16_t port;
    const ConnectOptions& options;
    std::array<char, CURL_ERROR_SIZE> words{};
};

Fail connect_error(CURLcode code, CURL* handle, const Attempt& attempt) {
    const std::string where = fmt::format("{} port {}", attempt.host, attempt.port);
    long error_number = 0;
    curl_easy_getinfo(handle, CURLINFO_OS_ERRNO, &error_number);
    const std::string words =
        terminal_text(attempt.words[0] != '\0' ? attempt.words.data() : curl_easy_strerror(code));
    switch (code) {
        case CURLE_COULDNT_RESOLVE_HOST:
            return resolver_error(attempt.host, attempt.options.family);
        case CURLE_COULDNT_RESOLVE_PROXY:
            return fail(Errc::no_host, "proxy: " + words);
        case CURLE_OPERATION_TIMEDOUT:
            return fail(Errc::temporary, fmt::format("timed out, no connection to {} within {}", where,
                                                     seconds_text(attempt.options.timeout)));
        case CURLE_ABORTED_BY_CALLBACK:
            return fail(Errc::temporary, "interrupted");
        case CURLE_COULDNT_CONNECT:
            // No address of the family was left to try.
            if (error_number == 0 && attempt.options.proxy.empty() &&
                attempt.options.family != AddressFamily::any) {
                return resolver_error(attempt.host, attempt.options.family);
            }
            if (error_number != 0 && attempt.options.proxy.empty()) {
                return fail(Errc::temporary,
                            fmt::format("cannot connect to {}: {}", where,
                                        std::generic_category().message(static_cast<int>(error_number))));
            }
            return fail(Errc::temporary, fmt::format("cannot connect to {}: {}", where, words));
        case CURLE_URL_MALFORMAT:
        case CURLE_UNSUPPORTED_PROTOCOL:
            return fail(Errc::usage, words);
        default:
            return fail(Errc::temporary, fmt::format("cannot connect to {}: {}", where, words));
    }
}

void set_options(CURL* handle, const std::string& url, Attempt& attempt) {
    const ConnectOptions& options = attempt.options;
    curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
    curl_easy_setopt(handle, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, attempt.words.data());
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.timeout.count()));
    curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, &stop_when_asked);
    curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &options.stop_requested);
    curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    // An empty string also keeps http_proxy of the environment away.
    curl_easy_setopt(handle, CURLOPT_PROXY, options.proxy.c_str());
    curl_easy_setopt(handle, CURLOPT_HTTPPROXYTUNNEL, 1L);
    const long family = options.family == AddressFamily::ipv4   ? CURL_IPRESOLVE_V4
                        : options.family == AddressFamily::ipv6 ? CURL_IPRESOLVE_V6
                                                                : CURL_IPRESOLVE_WHATEVER;
    curl_easy_setopt(handle, CURLOPT_IPRESOLVE, family);
}

// Of the addresses to bind to: the first one of the host's family, any where the host is a name.
std::string source_for(const std::string& host, const std::vector<std::string>& addresses) {
    const bool is_v6 = host.find(':') != std::string::npos;
    for (const std::string& address : addresses) {
        if (!is_ip_address(host) || (address.find(':') != std::string::npos) == is_v6) return address;
    }
    return {};
}

void bind_to(CURL* handle, const std::string& address) {
    if (address.empty()) return;
    curl_easy_setopt(handle, CURLOPT_INTERFACE, ("host!" + address).c_str());
    curl_easy_setopt(handle, CURLOPT_IPRESOLVE,
                     address.find(':') != std::string::npos ? CURL_IPRESOLVE_V6 : CURL_IPRESOLVE_V4);
}

Result<void> connect_within(int descriptor, const sockaddr_storage& address, socklen_t length,
                            const std::string& path, const ConnectOptions& options) {
    const auto end = std::chrono::steady_clock::now() + options.timeout;
    while (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), length) != 0) {
        switch (errno) {
            case EINTR:
                continue;
            case EAGAIN:
                // The backlog is full; a Unix socket cannot be polled for room in it.
                if (options.stop_requested && options.stop_requested())
                    return fail(Errc::temporary, "interrupted");
                if (std::chrono::steady_clock::now() >= end) {
                    return fail(Errc::temporary, fmt::format("{}: timed out, no connection within {}", path,
                                                             seconds_text(options.timeout)));
                }
                ::poll(nullptr, 0, 20);
                continue;
            case ECONNREFUSED:
                return fail(Errc::temporary, path + ": nobody listens on this socket");
            case ENOENT:
            case ENOTDIR:
                return fail(Errc::not_found, path + ": no such socket");
            default:
                return fail_errno(errno, path);
        }
    }
    return {};
}

}  // namespace

Result<std::unique_ptr<Stream>> connect_tcp(const std::string& host, std::uint16_t port,
                                            const ConnectOptions& options) {
    if (auto stream = connect_address(host, port, options); !stream || *stream) return stream;
    // Before all else of libcurl, which may be used by several threads once it is set up.
    CurlHandle handle = make_handle();
    if (!handle) return fail(Errc::io, "libcurl cannot be set up");
    auto url = url_of(host, port);
    if (!url) return tl::unexpected(url.error());
    Attempt attempt{host, port, options};
    set_options(handle.get(), *url, attempt);
    bind_to(handle.get(), source_for(host, options.source_addresses));
    if (const CURLcode code = curl_easy_perform(handle.get()); code != CURLE_OK) {
        return connect_error(code, handle.get(), attempt);
    }
    curl_socket_t descriptor = CURL_SOCKET_BAD;
    if (curl_easy_getinfo(handle.get(), CURLINFO_ACTIVESOCKET, &descriptor) != CURLE_OK ||
        descriptor == CURL_SOCKET_BAD) {
        return fail(Errc::temporary, fmt::format("the connection to {} port {} was lost at once", host, port));
    }
    if (options.timed) {
        curl_off_t look_up = 0;
        curl_off_t connected = 0;
        curl_easy_getinfo(handle.get(), CURLINFO_NAMELOOKUP_TIME_T, &look_up);
        curl_easy_getinfo(handle.get(), CURLINFO_CONNECT_TIME_T, &connected);
        options.timed(std::chrono::microseconds(look_up), std::chrono::microseconds(connected - look_up));
    }
    // The buffer for words and the callback's data end with this call.
    curl_easy_setopt(handle.get(), CURLOPT_ERRORBUFFER, nullptr);
    curl_easy_setopt(handle.get(), CURLOPT_NOPROGRESS, 1L);
    SocketPeer peer = peer_of(descriptor);
    if (!options.proxy.empty()) {
        peer.loopback = false;
        peer.name = fmt::format("{}:{}", host, port);
    }
    std::shared_ptr<CURL> owner(std::move(handle));
    return std::make_unique<SocketStream>(
        descriptor, [owner]() mutable { owner.reset(); }, std::move(peer), options);
}

Result<std::unique_ptr<Stream>> connect_unix(const std::string& path, const ConnectOptions& options) {
    socklen_t length = 0;
    auto address = unix_address(path, length);
    if (!address) return tl::unexpected(address.error());
    auto socket =
        std::make_shared<Descriptor>(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (socket->get() < 0) return fail_errno(errno, path);
    if (auto connected = connect_within(socket->get(), *address, length, path, options); !connected) {
        return tl::unexpected(connected.error());
    }
    SocketPeer peer = peer_of(socket->get());
    peer.name = path;
    const int descriptor = socket->get();
    return std::make_unique<SocketStream>(
        descriptor, [socket] { socket->reset(); }, std::move(peer), options);
}

}  // namespace mailpipe::net

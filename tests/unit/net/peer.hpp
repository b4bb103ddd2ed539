#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "mailpipe/net/openssl_handles.hpp"
#include "mailpipe/net/stream.hpp"
#include "tests/unit/net/certificates.hpp"

// The other end of a connection: blocking, in its own thread, on OpenSSL's own socket layer.
namespace mailpipe::test {

// One accepted connection.
class PeerConnection {
 public:
    explicit PeerConnection(int descriptor) : descriptor_(descriptor) {
        timeval limit{20, 0};
        ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    }
    ~PeerConnection() { ::close(descriptor_); }
    PeerConnection(const PeerConnection&) = delete;
    PeerConnection& operator=(const PeerConnection&) = delete;

    int descriptor() const { return descriptor_; }

    bool accept_tls(const CertificateFiles& files, int max_version = TLS1_3_VERSION) {
        context_.reset(SSL_CTX_new(TLS_server_method()));
        SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
        SSL_CTX_set_max_proto_version(context_.get(), max_version);
        SSL_CTX_set_cipher_list(context_.get(), "ALL:@SECLEVEL=0");
        SSL_CTX_use_certificate_file(context_.get(), files.certificate.c_str(), SSL_FILETYPE_PEM);
        SSL_CTX_use_PrivateKey_file(context_.get(), files.key.c_str(), SSL_FILETYPE_PEM);
        return start(SSL_accept);
    }

    bool connect_tls() {
        context_.reset(SSL_CTX_new(TLS_client_method()));
        return start(SSL_connect);
    }

    void send(std::string_view octets) {
        while (!octets.empty()) {
            const ssize_t count =
                ssl_ ? SSL_write(ssl_.get(), octets.data(),
                                 static_cast<int>(std::min<std::size_t>(octets.size(), 1U << 20)))
                     : ::send(descriptor_, octets.data(), octets.size(), MSG_NOSIGNAL);
            if (count <= 0) return;
            octets.remove_prefix(static_cast<std::size_t>(count));
        }
    }

    // Up to `size` octets, fewer at the end of the stream.
    std::string receive(std::size_t size) {
        std::string octets(size, '\0');
        std::size_t filled = 0;
        while (filled < size) {
            const ssize_t count =
                ssl_ ? SSL_read(ssl_.get(), octets.data() + filled, static_cast<int>(size - filled))
                     : ::recv(descriptor_, octets.data() + filled, size - filled, 0);
            if (count <= 0) break;
            filled += static_cast<std::size_t>(count);
        }
        octets.resize(filled);
        return octets;
    }

    void wait_for_end() {
        while (!receive(4096).empty()) {
        }
    }

    bool close_notify_came() const { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }
    void close_notify() { SSL_shutdown(ssl_.get()); }

 private:
    bool start(int (*shake)(SSL*)) {
        ssl_.reset(SSL_new(context_.get()));
        SSL_set_fd(ssl_.get(), descriptor_);
        return shake(ssl_.get()) == 1;
    }

    int descriptor_;
    net::SslContextHandle context_;
    net::SslHandle ssl_;
};

// Listens on a free port of 127.0.0.1, accepts one connection and runs `serve` on it.
class Peer {
 public:
    explicit Peer(std::function<void(PeerConnection&)> serve) {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof address;
        EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), length), 0);
        EXPECT_EQ(::listen(listener_, 1), 0);
        EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length), 0);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this, serve = std::move(serve)] {
            // OpenSSL's socket layer raises SIGPIPE; only in this thread, so that one of the library still
            // kills.
            sigset_t pipe_only{};
            sigemptyset(&pipe_only);
            sigaddset(&pipe_only, SIGPIPE);
            ::pthread_sigmask(SIG_BLOCK, &pipe_only, nullptr);
            const int accepted = ::accept(listener_, nullptr, nullptr);
            if (accepted < 0) return;
            PeerConnection connection(accepted);
            serve(connection);
        });
    }
    ~Peer() {
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
    }
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    std::uint16_t port() const { return port_; }

    std::unique_ptr<net::Stream> connect(std::chrono::milliseconds timeout = std::chrono::seconds(20)) const {
        net::ConnectOptions options;
        options.timeout = timeout;
        auto stream = net::connect_tcp("127.0.0.1", port_, options);
        EXPECT_TRUE(stream) << stream.error().message;
        return stream ? std::move(*stream) : nullptr;
    }

 private:
    int listener_;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

// Everything up to the end of the stream or an error, which lands in `error`.
inline std::string read_all(net::Stream& stream, Error* error = nullptr) {
    std::string octets;
    while (true) {
        auto part = stream.read();
        if (!part) {
            if (error != nullptr) *error = part.error();
            return octets;
        }
        if (part->empty()) return octets;
        octets.append(*part);
    }
}

}  // namespace mailpipe::test

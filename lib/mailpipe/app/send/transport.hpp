#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "mailpipe/app/outgoing_text.hpp"
#include "mailpipe/app/stage_times.hpp"
#include "mailpipe/app/submitter.hpp"
#include "mailpipe/base/error.hpp"
#include "mailpipe/net/tls.hpp"
#include "mailpipe/smtp/client_session.hpp"

namespace mailpipe::app {

// How messages get to one destination: a server that is given, or the hosts that a domain's MX records name. Used by
// one thread.
class Transport {
 public:
    virtual ~Transport() = default;
    // A refusal by a server is in Finished; the error says why none could be asked: temporary where a later try may do,
    // anything else for good. Connections are kept for the next message where that is possible.
    virtual Result<smtp::Finished> submit(const smtp::Envelope& envelope, OutgoingText& text) = 0;
    // As those of Submitter; false: it is submitted at once and whole only.
    virtual bool is_ready_for(const smtp::Envelope& /*envelope*/) const { return false; }
    virtual SubmitState begin(const smtp::Envelope& /*envelope*/, OutgoingText& /*text*/) {
        return SubmitState::broken;
    }
    virtual SubmitState resume() { return SubmitState::broken; }
    virtual Result<smtp::Finished> finish() { return fail(Errc::usage, "nothing was begun"); }
    virtual int descriptor() const { return -1; }
    // Nothing more is tried after it has become true: submit() fails with the same error again.
    virtual bool given_up() const = 0;
    virtual void quit() = 0;
    // Of the connection used last: "mx.example.org" or a location, for receipts and reports; empty where none was made.
    virtual std::string server() const = 0;
    virtual std::string tls_version() const = 0;
    // What is shown beside a receipt with --trace; empty where nothing is known.
    virtual std::optional<net::TlsInfo> tls_info() const { return std::nullopt; }
    virtual StageTimes times() const { return {}; }
    // As Submitter::look_ahead(). Where it is not used, nothing is announced.
    virtual void look_ahead(std::function<Ahead()> /*ahead*/) {}
};

// Which way each recipient goes.
class Transports {
 public:
    virtual ~Transports() = default;
    // Recipients with the same destination travel in one transaction. One line, no spaces; "" when all mail goes to one
    // server.
    virtual std::string destination(const smtp::Mailbox& recipient) const = 0;
    // Safe to call from several threads. Errors: usage, config: what needs no server to be wrong.
    virtual Result<std::unique_ptr<Transport>> open(const std::string& destination) const = 0;
};

}  // namespace mailpipe::app

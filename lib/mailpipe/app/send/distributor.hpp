#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "mailpipe/app/send/transport.hpp"

namespace mailpipe::app {

// What became of the recipients of one message that share a destination.
struct Share {
    std::vector<std::size_t> recipients;  // of the envelope, ascending
    std::string server;                   // as Transport says it, else the destination
    std::string tls;                      // "TLSv1.3"; empty without TLS
    std::optional<net::TlsInfo> tls_info;
    StageTimes times;
    bool tried = true;  // false: the destination had failed for an earlier message
    Result<smtp::Finished> finished = fail(Errc::temporary, "not tried");
};

// Brings a message to each of its destinations, one transaction each, and keeps the transports for the next message.
// Used by one thread.
class Distributor {
 public:
    explicit Distributor(const Transports& transports) : transports_(transports) {}  // outlives this

    // Errors: those of Transports::open().
    Result<void> open(const std::string& destination);
    // In the order in which the envelope names the destinations first. `text` is read once for each.
    std::vector<Share> submit(const smtp::Envelope& envelope, OutgoingText& text);
    // submit() in steps, as Submitter has it, over the transport used last.
    bool is_ready_for(const smtp::Envelope& envelope) const;
    SubmitState begin(const smtp::Envelope& envelope, OutgoingText& text);
    SubmitState resume() { return opened_.front().transport->resume(); }
    std::vector<Share> finish();
    int descriptor() const { return opened_.front().transport->descriptor(); }
    // As Submitter::look_ahead(), of messages to all destinations. May be empty.
    void look_ahead(std::function<Ahead()> ahead) { ahead_ = std::move(ahead); }
    void quit();

 private:
    struct Opened {
        std::string destination;
        std::unique_ptr<Transport> transport;
    };
    Result<Transport*> find(const std::string& destination);
    bool is_all_for(const smtp::Envelope& envelope, const std::string& destination) const;
    Ahead ahead_for(const std::string& destination) const;
    void run(const smtp::Envelope& envelope, OutgoingText& text, const std::string& destination, Share& share);

    static void note(const Transport& transport, Share& share);

    const Transports& transports_;
    std::list<Opened> opened_;  // the one used last first
    std::function<Ahead()> ahead_;
    bool is_last_share_ = true;  // of the message that is being submitted
    Share begun_;                // of the message that is submitted in steps
};

}  // namespace mailpipe::app

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mailpipe/app/send/mx_transport.hpp"

namespace mailpipe::app {

// What the hosts of a domain have said about the recipients of one message. A recipient is settled when a host has
// taken the message for it or has refused it with 5yz.
class MxTransport::Answers {
 public:
    explicit Answers(const smtp::Envelope& envelope)
        : envelope_(envelope), results_(envelope.recipients.size()) {}

    smtp::Envelope remaining() const;
    // Of remaining().
    void take(const smtp::Finished& finished);
    // A host that could not be asked. Errors that another moment may mend become temporary.
    void note(const std::string& host, Error error);
    // Nobody else is to be asked.
    void stop() { stopped_ = true; }
    // RFC 8689 section 4.2.1: no plain text, and nobody whose name is not proved.
    bool require_tls() const { return envelope_.require_tls; }
    bool over() const { return stopped_ || settled(); }
    bool answered() const { return answered_; }
    // One address more; false when there were kMxAddresses.
    bool count_attempt();

    // The error when no host has answered.
    Result<smtp::Finished> finish() const;

 private:
    bool settled() const;
    Error failure() const;

    const smtp::Envelope& envelope_;
    std::vector<std::optional<smtp::RecipientResult>> results_;
    std::vector<std::string> not_taken_;
    std::optional<Error> refusal_;  // of the host that answered last
    std::optional<Error> first_;    // of the hosts that could not be asked
    std::size_t failures_ = 0;
    std::size_t attempts_ = 0;
    bool temporary_ = false;
    bool answered_ = false;
    bool stopped_ = false;
};

}  // namespace mailpipe::app

#pragma once

#include <memory>
#include <string>

#include "mailpipe/app/send/transport.hpp"
#include "mailpipe/app/submitter.hpp"

namespace mailpipe::app {

// One server that is given: its connection is kept until it ends.
class ServerTransport : public Transport {
 public:
    // `progress` may be null and outlives this.
    ServerTransport(SubmitterOptions options, const Location& server, Progress* progress)
        : name_(encode(server)), submitter_(std::move(options), server, progress) {}

    // Errors: those of Submitter::prepare().
    Result<void> prepare() { return submitter_.prepare(); }

    Result<smtp::Finished> submit(const smtp::Envelope& envelope, OutgoingText& text) override {
        return submitter_.submit(envelope, text);
    }
    bool is_ready_for(const smtp::Envelope& envelope) const override {
        return submitter_.is_ready_for(envelope);
    }
    SubmitState begin(const smtp::Envelope& envelope, OutgoingText& text) override {
        return submitter_.begin(envelope, text);
    }
    SubmitState resume() override { return submitter_.resume(); }
    Result<smtp::Finished> finish() override { return submitter_.finish(); }
    int descriptor() const override { return submitter_.descriptor(); }
    bool given_up() const override { return submitter_.given_up(); }
    void quit() override { submitter_.quit(); }
    std::string server() const override { return name_; }
    std::string tls_version() const override { return submitter_.tls_version(); }
    std::optional<net::TlsInfo> tls_info() const override { return submitter_.tls_info(); }
    StageTimes times() const override { return submitter_.times(); }
    void look_ahead(std::function<Ahead()> ahead) override { submitter_.look_ahead(std::move(ahead)); }

 private:
    std::string name_;
    Submitter submitter_;
};

}  // namespace mailpipe::app

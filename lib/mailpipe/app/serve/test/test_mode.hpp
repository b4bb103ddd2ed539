#pragma once

#include <memory>
#include <optional>
#include <string>

#include "mailpipe/app/serve/config.hpp"
#include "mailpipe/app/serve/events.hpp"
#include "mailpipe/app/serve/serve.hpp"
#include "mailpipe/app/serve/test/dialogue_script.hpp"
#include "mailpipe/app/serve/test/exit_watch.hpp"
#include "mailpipe/app/serve/test/ports_file.hpp"
#include "mailpipe/app/serve/test/tap.hpp"
#include "mailpipe/net/tls.hpp"

namespace mailpipe::app::serve {

// What ServeTestOptions make of a server. Outlives everything else of it.
class TestMode {
 public:
    // Sets options.test.mode, unless nothing of it is wanted. With --test, fills in what is not given of `options`: a store in a directory of
    // its own, all sockets on free ports of 127.0.0.1, a self-signed certificate, events on stdout. Errors: usage,
    // cannot_create.
    static Result<void> prepare(ServeOptions& options);
    ~TestMode();  // removes that directory and the ports file
    TestMode(const TestMode&) = delete;
    TestMode& operator=(const TestMode&) = delete;

    // Where its own events go; it outlives the connections.
    void attach(EventLog& events) { events_ = &events; }
    // Every event of the server comes here first, those of the sockets from one thread.
    void observe(const Json& event, const Config& config);
    // A connection is open as long as the token lives, no longer than this.
    std::shared_ptr<void> enter();

    // Whether connections have a Tap. The session of IMAP masks by itself.
    bool is_tapping(FaultProtocol protocol) const;
    // What an IMAP session is to be without.
    std::vector<std::string> masked_names() const;
    Tap::Options tap_options(FaultProtocol protocol, std::uint64_t connection, std::string_view url);
    void record(std::string_view dialogue);
    // The dialogues of --replay, or nullptr.
    Repertoire* repertoire() const { return repertoire_.get(); }
    // Why the server had to end.
    const std::optional<Error>& failure() const { return failure_; }
    // Ends the server as SIGTERM does.
    void end() const;
    // Of the certificate for faults that show one: self-signed, and valid until a minute ago. Where there is a file of
    // what clients may trust it is in there, so that its time is all that is wrong with it.
    const std::shared_ptr<net::TlsContext>& expired_context() const { return expired_.context; }

 private:
    TestMode(const ServeTestOptions& options, std::vector<Fault> faults, std::uint64_t seed)
        : options_(options), faults_(std::move(faults), seed), seed_(seed) {}
    void ready(const Config& config);
    void write_ports(const Config& config);
    void fail_with(Error error);

    ServeTestOptions options_;
    std::string directory_;  // temporary; empty: none
    PortsFile::Lines ports_;
    store::Fd ports_file_;  // while it is there
    std::optional<Error> failure_;
    std::unique_ptr<ExitWatch> exit_;

    FaultSet faults_;
    std::uint64_t seed_;
    CapabilityMask mask_;
    std::unique_ptr<DialogueFile> dialogues_;
    std::unique_ptr<Repertoire> repertoire_;
    EventLog* events_ = nullptr;
    net::SelfSigned expired_;
};

FaultProtocol protocol_of(const ListenSocket& socket);

}  // namespace mailpipe::app::serve

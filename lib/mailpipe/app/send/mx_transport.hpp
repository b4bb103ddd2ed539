#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mailpipe/app/send/tls_policy.hpp"
#include "mailpipe/app/send/transport.hpp"
#include "mailpipe/app/submitter.hpp"
#include "mailpipe/dns/mail_hosts.hpp"

namespace mailpipe::app {

// What all domains have in common. Shared by threads.
struct MxSettings {
    SubmitterOptions submitter;  // its client has no user; its helo_name is fully qualified
    std::uint16_t port = 25;
    std::vector<std::string> own_names;      // canonical
    std::vector<std::string> own_addresses;  // as text, loopback left out
    std::shared_ptr<dns::Resolver> resolver;
    std::shared_ptr<const TlsPolicy> policy;
    dns::Choice choice;  // safe to call from several threads
};

// The hosts that take mail for one domain, or the address of a literal. Hosts are asked by preference, each at its
// addresses. The next one is asked when one cannot be reached, fails at TLS as the policy wants it, refuses the
// connection or answers 4yz, for the recipients that nobody has taken or refused with 5yz. After a connection that
// broke between the end of a message and its reply nobody else is asked: it may have been taken (RFC 1047). At most
// limits::kMxAddresses addresses are asked for one message.
class MxTransport : public Transport {
 public:
    // `progress` may be null and outlives this.
    MxTransport(std::shared_ptr<const MxSettings> settings, std::string domain, Progress* progress)
        : settings_(std::move(settings)), domain_(std::move(domain)), progress_(progress) {}

    // Errors beside those of a connection, which are temporary here unless a server said 5yz: no_host, permanent
    // (order_mail_hosts()).
    Result<smtp::Finished> submit(const smtp::Envelope& envelope, OutgoingText& text) override;
    bool given_up() const override { return given_up_.has_value(); }
    void quit() override;
    std::string server() const override { return server_; }
    std::string tls_version() const override { return tls_info_ ? tls_info_->version : ""; }
    std::optional<net::TlsInfo> tls_info() const override { return tls_info_; }
    StageTimes times() const override { return times_; }

 private:
    class Answers;
    struct Place {
        dns::MailHost host;
        std::string address;
        TlsDemand demand;
    };

    Result<dns::MailHosts> find_hosts() const;
    std::vector<Place> find_places(const dns::MailHosts& hosts, std::uint16_t preference,
                                   Answers& answers) const;
    void ask_hosts(dns::MailHosts hosts, OutgoingText& text, Answers& answers);
    void ask(const Place& place, OutgoingText& text, Answers& answers);
    void connect(const Place& place, TlsLevel level);
    // Whether TLS failed.
    bool offer(OutgoingText& text, Answers& answers);

    std::shared_ptr<const MxSettings> settings_;
    std::string domain_;
    Progress* progress_;
    std::unique_ptr<Submitter> submitter_;  // of `host_`
    std::string host_;
    std::string demanded_by_;
    std::string server_;  // who answered last
    std::optional<net::TlsInfo> tls_info_;
    StageTimes times_;
    bool in_doubt_ = false;  // whether the last message was taken
    std::optional<Error> given_up_;
};

}  // namespace mailpipe::app

#pragma once

#include <memory>
#include <string>

#include "mailpipe/app/send/transport.hpp"
#include "mailpipe/app/serve/current_config.hpp"
#include "mailpipe/app/serve/delivery/deliverer.hpp"
#include "mailpipe/app/serve/delivery/quota.hpp"
#include "mailpipe/app/serve/delivery/spool.hpp"

namespace mailpipe::app::serve {

// Where mail goes that is for users here. All outlive what uses it.
struct LocalDelivery {
    const CurrentConfig& config;
    Deliverer& deliverer;
    Quota& quota;
    SpoolBudget& budget;
};

// Puts messages of the queue into the mailboxes of users here.
class LocalTransport : public Transport {
 public:
    explicit LocalTransport(const LocalDelivery& delivery) : delivery_(delivery) {}

    Result<smtp::Finished> submit(const smtp::Envelope& envelope, OutgoingText& text) override;
    bool given_up() const override { return false; }
    void quit() override {}
    std::string server() const override { return delivery_.config.get()->host_name; }
    std::string tls_version() const override { return ""; }

 private:
    const LocalDelivery& delivery_;
};

// Users here first, then as `others` say.
class LocalTransports : public Transports {
 public:
    LocalTransports(const LocalDelivery& delivery, const Transports& others)
        : delivery_(delivery), others_(others) {}

    std::string destination(const smtp::Mailbox& recipient) const override;
    Result<std::unique_ptr<Transport>> open(const std::string& destination) const override;

 private:
    const LocalDelivery& delivery_;
    const Transports& others_;
};

}  // namespace mailpipe::app::serve

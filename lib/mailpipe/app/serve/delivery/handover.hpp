#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "mailpipe/app/config/accounts.hpp"
#include "mailpipe/app/diagnostics.hpp"
#include "mailpipe/app/queue/ways.hpp"
#include "mailpipe/app/serve/delivery/deliverer.hpp"

namespace mailpipe::app::serve {

// Hands messages for users here to somebody else (--deliver): an LMTP server, in one transaction over a connection that is
// kept, or a shell command, once for each user. What is said there is what the sender is told; a message is at neither
// place when it could not be asked. Mail for elsewhere goes to `others`.
class Handover : public Deliverer {
 public:
    // `where` is an lmtp: location or a command; `options` say how servers are reached. Both outlive this, and `others`.
    // Errors: those of Ways.
    static Result<std::unique_ptr<Handover>> open(const std::string& where, const SendOptions& options,
                                                  Deliverer& others, Diagnostics& diagnostics);
    ~Handover() override;  // finishes what is queued

    void submit(Delivery delivery) override;

 private:
    Handover(const std::string& where, const SendOptions& options, Deliverer& others, Diagnostics& diagnostics);
    void run();
    std::vector<Result<Delivered>> hand_over(const Delivery& delivery, std::unique_ptr<Transport>& transport);
    std::vector<Result<Delivered>> to_server(const Delivery& delivery, std::unique_ptr<Transport>& transport);
    Result<Delivered> to_command(const Delivery& delivery, const DeliveryTarget& target) const;

    std::string where_;
    Deliverer& others_;
    config::Accounts accounts_;
    Ways ways_;
    const Transports* transports_ = nullptr;  // of a server
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Delivery> queue_;
    bool ending_ = false;
    std::vector<std::thread> threads_;
};

bool is_lmtp_location(const std::string& text);

}  // namespace mailpipe::app::serve

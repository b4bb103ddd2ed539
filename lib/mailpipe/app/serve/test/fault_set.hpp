#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "mailpipe/app/serve/test/fault.hpp"

namespace mailpipe::app::serve {

// Where a dialogue is when a point is reached.
struct FaultSituation {
    FaultProtocol protocol = FaultProtocol::smtp;
    std::string point;
    bool is_command = false;      // "command" is reached as well
    std::vector<std::string> to;  // recipients, as they were given
    std::string from;             // reverse-path; empty for <> and when there is none
    bool has_from = false;
    std::string user;        // empty: not known
    bool user_only = false;  // faults without user= had their turn
    std::string mailbox;     // IMAP: that the command names, else the selected one
    bool tls = false;
    std::uint64_t message = 0;  // 0: none
    std::uint64_t size = 0;     // octets, declared or received
    std::uint64_t connection = 0;
};

// All faults of a server, and how often the point of each was reached; from any thread. What chance decides depends on
// the seed, on the fault's place in the list and on the count alone.
class FaultSet {
 public:
    FaultSet(std::vector<Fault> faults, std::uint64_t seed) : seed_(seed), rows_(faults.size()) {
        for (std::size_t i = 0; i < faults.size(); ++i)
            rows_[i].fault = std::move(faults[i]);
    }

    // The first fault that fires here, or nullptr. All of them count. Valid as long as the set.
    const Fault* fire(const FaultSituation& situation, std::uint64_t* count = nullptr);
    bool empty() const { return rows_.empty(); }
    bool concern(FaultProtocol protocol) const;
    bool show_expired() const;  // certificates

 private:
    struct Counts {
        std::uint64_t reached = 0;
        std::uint64_t fired = 0;
    };
    struct Row {
        Fault fault;
        std::map<std::string, Counts> counts;  // by the values of `per`
    };
    bool chance(std::size_t row, std::uint64_t count, double probability) const;

    std::uint64_t seed_;
    std::mutex mutex_;
    std::vector<Row> rows_;
};

}  // namespace mailpipe::app::serve

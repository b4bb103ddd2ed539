#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mailpipe/app/serve/delivery/spool.hpp"
#include "mailpipe/base/error.hpp"
#include "mailpipe/smtp/envelope.hpp"

namespace mailpipe::app::serve {

struct DeliveryTarget {
    std::string path;    // of the user's mailbox
    std::string fields;  // CRLF text that goes before the message
    std::string user = {};
    smtp::Mailbox mailbox = {};  // the recipient that means the user
};

struct Delivered {
    std::string id;          // Entry::id in the store; empty: it is not there
    std::uint64_t size = 0;  // CRLF octets, the fields included
};

// For recipients elsewhere: goes into the queue of the relay.
struct RelayTarget {
    smtp::Envelope envelope;  // its size is that of the message with the fields
    std::string fields;       // CRLF text that goes before the message
};

struct Delivery {
    std::shared_ptr<const SpooledMessage> message;
    std::vector<DeliveryTarget> targets;
    // Called once on another thread, one result a target, those of the relays last; their ids are those in the queue. A
    // message is delivered only when it is durable, or somebody else has said so.
    std::function<void(std::vector<Result<Delivered>>)> done;
    std::vector<RelayTarget> relays = {};
    smtp::Mailbox reverse_path = {};
    std::string received =
        {};  // of the fields of a target what a server may see that takes the message: all but Return-Path and
             // Delivered-To
};

// Takes messages for users here and for the queue.
class Deliverer {
 public:
    virtual ~Deliverer() = default;
    virtual void submit(Delivery delivery) = 0;  // from any thread
};

}  // namespace mailpipe::app::serve

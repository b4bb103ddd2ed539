#pragma once

#include <memory>
#include <string>

#include "mailpipe/app/config/accounts.hpp"
#include "mailpipe/app/fetch/console.hpp"
#include "mailpipe/app/fetch/delivery.hpp"
#include "mailpipe/app/fetch/fetch.hpp"
#include "mailpipe/app/fetch/route.hpp"
#include "mailpipe/app/fetch/state.hpp"
#include "mailpipe/app/location.hpp"
#include "mailpipe/base/error.hpp"

// One Delivery for each kind of destination, each in a source of its own.
namespace mailpipe::app {

// What a delivery is made with; all of it outlives the delivery.
struct DeliveryContext {
    const FetchSettings& settings;
    const Location& source;  // of the mailbox, with its user
    FetchState& state;
    FetchConsole& console;  // for what a server wants its user to know
};

// A location that can be delivered to. Errors: usage, and those of parse_location().
Result<Location> parse_destination(const std::string& text);

// `place` tells it from other destinations that one state is kept of (FetchState::Staged). What can be wrong without
// a server is tried here: errors are those of the store; usage for recipients or TLS that do not fit; config for a
// password that is missing.
Result<std::unique_ptr<Delivery>> make_delivery(const Location& destination, const DeliveryContext& context,
                                                const std::string& place = {});

// To where the routes say; all else, and what earlier routes left pending, as make_delivery(). A destination that takes no
// more is reported, and its messages are passed over, so that the next run meets them again; only when none takes any
// more it is an error, kReported. So it is when one cannot be opened, but for errors usage and config.
Result<std::unique_ptr<Delivery>> make_routed_delivery(const Destinations& destinations,
                                                       const DeliveryContext& context);

// How an error of a destination is told of behind its location: those of a store begin with its path.
Error destination_error(const Error& error, const Location& destination);

// To a server over SMTP or LMTP, for the recipients of --rcpt, else for the user of the source. At least once: a
// message is recorded when the server has answered for its text, and sent again when the end comes before.
Result<std::unique_ptr<Delivery>> make_smtp_delivery(const Location& destination,
                                                     const DeliveryContext& context);

// To a mailbox of an IMAP server, which is made when it is missing. Messages are handed over in groups; what the server
// had answered for when the connection broke, or this process ended, is found there again by its header, among what
// came since. Errors: as of make_smtp_delivery(); usage for the source itself.
Result<std::unique_ptr<Delivery>> make_imap_delivery(const Location& destination,
                                                     const DeliveryContext& context, const std::string& place);

// To a command, once for each message; what its exit status means is said in mail-fetch(1). At least once, as above.
std::unique_ptr<Delivery> make_pipe_delivery(const Location& destination, const DeliveryContext& context);

// How a server is connected to that is a destination: as its account in the configuration says, with the password that
// is there, else as the source, but for TLS (--to-tls), the user of its URL and the password of ~/.netrc only, so that no
// server is shown the password of another.
ClientOptions destination_client(const FetchSettings& settings, const Location& server);
// Puts into `settings` what the configuration says of each server among its destinations. Errors: usage, of what
// parse_destinations() has; config, kReported, when the file cannot be used.
Result<void> find_destination_clients(config::Accounts& accounts, FetchSettings& settings);

}  // namespace mailpipe::app

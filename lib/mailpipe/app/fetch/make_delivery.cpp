#include "mailpipe/app/fetch/make_delivery.hpp"

#include <utility>

namespace mailpipe::app {
namespace {

constexpr const char* kDestinations =
    "give maildir:PATH, mbox:PATH, an imap, imaps, smtp, smtps or lmtp URL, lmtp:SOCKET-PATH or pipe:COMMAND";

bool can_be_delivered_to(const Location& location) {
    switch (location.scheme) {
        case Scheme::maildir:
        case Scheme::mbox:
        case Scheme::imap:
        case Scheme::imaps:
        case Scheme::smtp:
        case Scheme::smtps:
        case Scheme::lmtp:
        case Scheme::pipe:
            return !location.is_ref();
        default:
            return false;
    }
}

}  // namespace

Result<Location> parse_destination(const std::string& text) {
    auto location = parse_location(text);
    if (location && !can_be_delivered_to(*location)) return fail(Errc::usage, kDestinations);
    return location;
}

Result<std::unique_ptr<Delivery>> make_delivery(const Location& destination, const DeliveryContext& context,
                                                const std::string& place) {
    switch (destination.scheme) {
        case Scheme::smtp:
        case Scheme::smtps:
        case Scheme::lmtp:
            return make_smtp_delivery(destination, context);
        case Scheme::imap:
        case Scheme::imaps:
            return make_imap_delivery(destination, context, place);
        case Scheme::pipe:
            return make_pipe_delivery(destination, context);
        default:
            return make_store_delivery(destination, context.state, place);
    }
}

Error destination_error(const Error& error, const Location& destination) {
    Error told = error;
    const std::string prefix = destination.path + ": ";
    if (!destination.path.empty() && told.message.starts_with(prefix)) told.message.erase(0, prefix.size());
    return told;
}

ClientOptions destination_client(const FetchSettings& settings) {
    ClientOptions client = settings.client;
    client.tls = settings.destination_tls;
    client.user.clear();
    client.password_command.clear();
    client.password_file.clear();
    client.token_command.clear();
    client.tunnel.clear();
    client.netrc_only = true;
    return client;
}

}  // namespace mailpipe::app

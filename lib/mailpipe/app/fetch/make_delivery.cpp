#include "mailpipe/app/fetch/make_delivery.hpp"

#include <utility>
#include <vector>

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

ClientOptions client_without_account(const FetchSettings& settings) {
    ClientOptions client = settings.client;
    client.tls = settings.destination_tls;
    client.user.clear();
    client.password_command.clear();
    client.password_file.clear();
    client.token_command.clear();
    client.tunnel.clear();
    client.tls_certificate.clear();
    client.tls_key.clear();
    client.gssapi = false;
    client.netrc_only = true;
    return client;
}

std::string name_of_server(Location server) {
    server.mailbox.clear();
    return encode(server);
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

ClientOptions destination_client(const FetchSettings& settings, const Location& server) {
    const auto found = settings.destination_clients.find(name_of_server(server));
    return found == settings.destination_clients.end() ? client_without_account(settings) : found->second;
}

Result<void> find_destination_clients(config::Accounts& accounts, FetchSettings& settings) {
    const auto destinations = parse_destinations(settings);
    if (!destinations) return tl::unexpected(destinations.error());
    std::vector<Location> servers;
    if (destinations->main && destinations->main->is_remote()) servers.push_back(*destinations->main);
    for (const Route& route : destinations->routes) {
        if (route.destination.is_remote()) servers.push_back(route.destination);
    }
    for (const Location& server : servers) {
        auto client = accounts.destination(server, client_without_account(settings));
        if (!client) return tl::unexpected(client.error());
        if (settings.destination_tls) client->tls = settings.destination_tls;
        settings.destination_clients.insert_or_assign(name_of_server(server), std::move(*client));
    }
    return {};
}

}  // namespace mailpipe::app

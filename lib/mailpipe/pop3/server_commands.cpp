#include <algorithm>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/pop3/server_impl.hpp"

namespace mailpipe::pop3 {
namespace {

constexpr std::size_t kListingPiece = 65536;

}  // namespace

void ServerSession::Impl::reset_deletions() {
    deleted.assign(maildrop.size(), false);
    messages = maildrop.size();
    octets = 0;
    for (const MaildropEntry& entry : maildrop)
        octets += entry.size;
    last_accessed = 0;
}

void ServerSession::Impl::on_transaction_command(std::string_view keyword, std::string_view argument) {
    argument = ascii::trim(argument);
    if (keyword == "RETR") return on_retr(argument);
    if (keyword == "DELE") return on_dele(argument);
    if (keyword == "UIDL") return on_list(argument, true);
    if (keyword == "LIST") return on_list(argument, false);
    if (keyword == "TOP") return on_top(argument);
    if (keyword == "LANG") return on_lang(argument);
    if (!argument.empty()) return refuse("-ERR Unknown command, or too many arguments");
    if (keyword == "STAT") return reply("+OK " + std::to_string(messages) + ' ' + std::to_string(octets));
    if (keyword == "NOOP") return reply("+OK");
    if (keyword == "LAST") return reply("+OK " + std::to_string(last_accessed));
    if (keyword == "CAPA") return capa();
    if (keyword == "RSET") {
        reset_deletions();
        return reply("+OK");
    }
    if (keyword == "QUIT") return on_quit();
    refuse("-ERR Unknown command, or not after login");
}

std::optional<std::size_t> ServerSession::Impl::message_index(std::string_view argument) {
    const auto number = ascii::parse_number(argument);
    if (!number) {
        refuse("-ERR A message number is needed");
        return std::nullopt;
    }
    if (*number == 0 || *number > maildrop.size()) {
        reply("-ERR No such message");
        return std::nullopt;
    }
    const auto index = static_cast<std::size_t>(*number - 1);
    if (deleted[index]) {
        reply("-ERR Message is deleted");
        return std::nullopt;
    }
    return index;
}

std::string ServerSession::Impl::listing_line(std::size_t index, bool is_uidl) const {
    const MaildropEntry& entry = maildrop[index];
    return std::to_string(index + 1) + ' ' + (is_uidl ? entry.uidl : std::to_string(entry.size));
}

void ServerSession::Impl::on_list(std::string_view argument, bool is_uidl) {
    if (!argument.empty()) {
        if (const auto index = message_index(argument)) reply("+OK " + listing_line(*index, is_uidl));
        return;
    }
    reply("+OK " + std::to_string(messages) + " messages (" + std::to_string(octets) + " octets)");
    listing = is_uidl ? Listing::uidl : Listing::list;
    listed = 0;
}

// In pieces, so that a maildrop of millions does not become one string.
void ServerSession::Impl::continue_listing() {
    while (listed < maildrop.size() && output.size() < kListingPiece) {
        if (!deleted[listed]) reply(listing_line(listed, listing == Listing::uidl));
        ++listed;
    }
    if (listed < maildrop.size()) return;
    reply(".");
    listing = Listing::none;
}

void ServerSession::Impl::on_retr(std::string_view argument) {
    if (const auto index = message_index(argument)) request_message({*index, false, 0});
}

// top = "TOP" SP msg-number SP lines
void ServerSession::Impl::on_top(std::string_view argument) {
    const std::size_t space = argument.find(' ');
    const auto lines =
        space == std::string_view::npos ? std::nullopt : ascii::parse_number(argument.substr(space + 1));
    if (!lines) return refuse("-ERR TOP needs a message number and a number of lines");
    const auto index = message_index(argument.substr(0, space));
    if (!index) return;
    request_message({*index, true, static_cast<std::uint32_t>(std::min<std::uint64_t>(*lines, UINT32_MAX))});
}

void ServerSession::Impl::request_message(MessageRequested request) {
    last_accessed = std::max(last_accessed, request.index + 1);
    requested = request;
    message_begun = false;
    message_octets = 0;
    cutter = TopCutter(request.body_lines);
    awaiting = Awaiting::message;
    event = request;
}

void ServerSession::Impl::begin_message() {
    if (message_begun) return;
    message_begun = true;
    reply(requested.is_top ? std::string("+OK Top of message follows")
                           : "+OK " + std::to_string(maildrop[requested.index].size) + " octets");
}

void ServerSession::Impl::on_dele(std::string_view argument) {
    const auto index = message_index(argument);
    if (!index) return;
    deleted[*index] = true;
    --messages;
    octets -= maildrop[*index].size;
    last_accessed = std::max(last_accessed, *index + 1);
    reply("+OK Message deleted");
}

void ServerSession::Impl::on_quit() {
    CommitRequested commit;
    for (std::size_t i = 0; i < deleted.size(); ++i) {
        if (deleted[i]) commit.deleted.push_back(i);
    }
    awaiting = Awaiting::commit;
    event = std::move(commit);
}

}  // namespace mailpipe::pop3

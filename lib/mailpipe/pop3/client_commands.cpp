#include <algorithm>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/pop3/client_impl.hpp"

namespace mailpipe::pop3 {
namespace {

// unique-id = 1*70(%x21-7E) (RFC 1939 section 7); longer ones occur.
bool is_unique_id(std::string_view text) {
    return !text.empty() && text.size() <= limits::kUidlAccepted &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

bool lists_twice(const std::vector<ScanListing>& entries) {
    const auto not_ascending = [](const ScanListing& a, const ScanListing& b) { return a.number >= b.number; };
    if (std::adjacent_find(entries.begin(), entries.end(), not_ascending) == entries.end()) return false;
    std::vector<std::uint32_t> numbers;
    numbers.reserve(entries.size());
    for (const ScanListing& entry : entries)
        numbers.push_back(entry.number);
    std::sort(numbers.begin(), numbers.end());
    return std::adjacent_find(numbers.begin(), numbers.end()) != numbers.end();
}

}  // namespace

std::string ClientSession::Impl::Pending::name() const {
    static constexpr std::string_view kVerbs[] = {"STAT", "LIST", "UIDL", "RETR", "TOP", "DELE", "QUIT"};
    std::string text(kVerbs[static_cast<std::size_t>(verb)]);
    if (number != 0) text += ' ' + std::to_string(number);
    return text;
}

void ClientSession::Impl::queue(Pending command) {
    if (quit_queued) return fail_with(Errc::usage, "a command after QUIT");
    unsent.push_back(command);
}

// Refills the window when it is half empty rather than at each reply, so that commands travel many to a packet.
void ClientSession::Impl::send_commands() {
    const std::size_t window = capabilities.pipelining ? options.window : 1;
    if (unsent.empty() || in_flight.size() > window / 2) return;
    if (in_flight.empty() && !input.empty()) return;  // read_reply() says what is wrong with that
    while (!unsent.empty() && in_flight.size() < window) {
        const Pending command = unsent.front();
        unsent.pop_front();
        std::string line = command.name();
        if (command.verb == Verb::top) line += ' ' + std::to_string(command.lines);
        send(line, line);
        in_flight.push_back(command);
    }
}

std::optional<ClientStep> ClientSession::Impl::read_reply() {
    while (!failure) {
        if (part == Part::body) return read_body();
        const auto line = read_line();
        if (!line) return std::nullopt;
        if (auto step = part == Part::listing ? on_listing_line(*line) : on_reply(*line)) return step;
        if (phase != Phase::ready) return std::nullopt;
    }
    return std::nullopt;
}

std::optional<ClientStep> ClientSession::Impl::on_reply(std::string_view line) {
    const auto reply = parse_status(line);
    if (in_flight.empty()) {
        if (reply && !reply->ok) {
            fail_with(refused(*reply, Errc::unavailable, "the server ends the session"));
        } else {
            fail_with(Errc::protocol, "the server sent a line that nothing was asked for: " + quote(line));
        }
        return std::nullopt;
    }
    if (!reply) {
        fail_with(Errc::protocol, awaited() + " is neither +OK nor -ERR: " + quote(line));
        return std::nullopt;
    }
    return reply->ok ? on_accepted(*reply) : on_refused(*reply);
}

std::optional<ClientStep> ClientSession::Impl::on_refused(const StatusReply& reply) {
    const Pending command = in_flight.front();
    Error error = refused(reply, Errc::permanent, command.name() + " refused");
    if (command.verb == Verb::quit) {
        fail_with(std::move(error));
        return std::nullopt;
    }
    in_flight.pop_front();
    return Refused{static_cast<Command>(command.verb), command.number, std::move(error)};
}

std::optional<ClientStep> ClientSession::Impl::on_accepted(const StatusReply& reply) {
    const Pending command = in_flight.front();
    switch (command.verb) {
        case Verb::stat: {
            const auto words = ascii::split_words(reply.text);
            const auto messages = words.size() < 2 ? std::nullopt : ascii::parse_number(words[0]);
            const auto octets = words.size() < 2 ? std::nullopt : ascii::parse_number(words[1]);
            if (!messages || !octets) {
                fail_with(Errc::protocol, "the answer to STAT has no two numbers: " + quote(reply.text));
                return std::nullopt;
            }
            in_flight.pop_front();
            return MaildropStatus{*messages, *octets};
        }
        case Verb::list:
        case Verb::uidl:
            part = Part::listing;
            listing = Listing{command.verb == Verb::uidl, {}};
            listing_octets = 0;
            return std::nullopt;
        case Verb::retr:
        case Verb::top:
            part = Part::body;
            body_octets = 0;
            return MessageBegin{command.number};
        case Verb::dele:
            in_flight.pop_front();
            return Deleted{command.number};
        case Verb::quit:
            in_flight.pop_front();
            phase = Phase::closed;
            return Closed{};
    }
    return std::nullopt;
}

std::optional<ClientStep> ClientSession::Impl::read_body() {
    const auto step = decoder.next(input);
    switch (step.status) {
        case wire::DotDecoder::Status::need_input:
            return std::nullopt;
        case wire::DotDecoder::Status::data:
            body_octets += step.data.size();
            return MessageData{step.data};
        case wire::DotDecoder::Status::end:
            break;
    }
    if (options.trace != nullptr) options.trace->server_line("[" + std::to_string(body_octets) + " octets]");
    part = Part::none;
    const std::uint32_t number = in_flight.front().number;
    in_flight.pop_front();
    return MessageEnd{number};
}

// scan-listing = msg-number SP octets [SP anything]; unique-id-listing = msg-number SP unique-id
std::optional<ScanListing> ClientSession::Impl::parse_entry(std::string_view line) {
    const std::size_t space = line.find(' ');
    const auto number = ascii::parse_number(line.substr(0, space));
    if (!number || *number == 0 || *number > UINT32_MAX) return std::nullopt;
    const std::string_view rest = space == std::string_view::npos ? "" : ascii::trim(line.substr(space));
    ScanListing entry{static_cast<std::uint32_t>(*number), 0, {}};
    if (listing.is_uidl) {
        if (is_unique_id(rest)) entry.uidl = rest;
        return entry;
    }
    const auto size = ascii::parse_number(rest.substr(0, rest.find(' ')));
    if (!size) return std::nullopt;
    entry.size = *size;
    return entry;
}

std::optional<ClientStep> ClientSession::Impl::on_listing_line(std::string_view line) {
    if (line == ".") return finish_listing();
    if (!line.empty() && line[0] == '.') line.remove_prefix(1);
    auto entry = parse_entry(line);
    if (!entry) {
        fail_with(Errc::protocol, awaited() + " has a malformed line: " + quote(line));
        return std::nullopt;
    }
    listing_octets += entry->uidl.size();
    if (listing.entries.size() == options.max_listed || listing_octets > options.max_listed * limits::kUidl) {
        fail_with(Errc::limit, awaited() + " lists more messages than kMaildropMessages (" +
                                   std::to_string(options.max_listed) + ")");
        return std::nullopt;
    }
    listing.entries.push_back(std::move(*entry));
    return std::nullopt;
}

std::optional<ClientStep> ClientSession::Impl::finish_listing() {
    if (lists_twice(listing.entries)) {
        fail_with(Errc::protocol, awaited() + " lists a message number twice");
        return std::nullopt;
    }
    part = Part::none;
    in_flight.pop_front();
    return std::exchange(listing, {});
}

}  // namespace mailpipe::pop3

#include <algorithm>

#include "mailpipe/imap/client_session_impl.hpp"

namespace mailpipe::imap {
namespace {

bool needs_mailbox(Verb verb) {
    return verb >= Verb::search && verb <= Verb::move;
}

}  // namespace

Command public_command(Verb verb) {
    switch (verb) {
        case Verb::search:
            return Command::search;
        case Verb::sort:
            return Command::sort;
        case Verb::thread:
            return Command::thread;
        case Verb::fetch:
            return Command::fetch;
        case Verb::store:
            return Command::store;
        case Verb::expunge:
            return Command::expunge;
        case Verb::copy:
            return Command::copy;
        case Verb::move:
            return Command::move;
        case Verb::append:
            return Command::append;
        case Verb::create:
            return Command::create;
        case Verb::list:
            return Command::list;
        case Verb::status:
            return Command::status;
        case Verb::quota:
            return Command::quota;
        case Verb::idle:
            return Command::idle;
        case Verb::noop:
            return Command::noop;
        case Verb::enable:
            return Command::enable;
        case Verb::notify:
            return Command::notify;
        case Verb::logout:
            return Command::logout;
        default:
            return Command::select;
    }
}

std::string_view name_of(Verb verb) {
    switch (verb) {
        case Verb::capability:
            return "CAPABILITY";
        case Verb::starttls:
            return "STARTTLS";
        case Verb::authenticate:
            return "AUTHENTICATE";
        case Verb::login:
            return "LOGIN";
        case Verb::compress:
            return "COMPRESS";
        case Verb::select:
            return "SELECT";
        case Verb::search:
            return "SEARCH";
        case Verb::sort:
            return "SORT";
        case Verb::thread:
            return "THREAD";
        case Verb::fetch:
            return "FETCH";
        case Verb::store:
            return "STORE";
        case Verb::expunge:
            return "EXPUNGE";
        case Verb::copy:
            return "COPY";
        case Verb::move:
            return "MOVE";
        case Verb::append:
            return "APPEND";
        case Verb::create:
            return "CREATE";
        case Verb::list:
            return "LIST";
        case Verb::status:
            return "STATUS";
        case Verb::quota:
            return "GETQUOTAROOT";
        case Verb::idle:
            return "IDLE";
        case Verb::noop:
            return "NOOP";
        case Verb::enable:
            return "ENABLE";
        case Verb::notify:
            return "NOTIFY";
        case Verb::logout:
            return "LOGOUT";
    }
    return "";
}

PendingCommand& ClientSession::Impl::queue(Verb verb) {
    PendingCommand command;
    command.verb = verb;
    command.tag = "A" + std::to_string(++last_tag);
    if (verb >= Verb::select && !ready) command.refused = Error{Errc::usage, "not logged in", std::nullopt};
    commands.push_back(std::move(command));
    return commands.back();
}

void ClientSession::Impl::queue_refused(Verb verb, Error error) {
    queue(verb).refused = std::move(error);
}

void ClientSession::Impl::queue_text(Verb verb, std::string_view text) {
    PendingCommand& command = queue(verb);
    command.chunks = CommandEncoder(LiteralUse::synchronizing).text(command.tag).text(" ").text(text).finish();
}

LiteralUse ClientSession::Impl::literal_use() const {
    if (has_capability("LITERAL+")) return LiteralUse::plus;
    if (has_capability("LITERAL-") || has_capability("IMAP4REV2")) return LiteralUse::minus;
    return LiteralUse::synchronizing;
}

// A SELECT travels alone: the EXISTS and response codes before its tagged OK are then about its mailbox, and no
// command behind it can reach another mailbox than the one meant when it is refused.
bool ClientSession::Impl::may_send(const PendingCommand& command) const {
    if (tls_wanted || tls_pending || append_begun) return false;
    for (std::size_t i = 0; i < commands_in_flight; ++i) {
        const PendingCommand& earlier = commands[i];
        if (command.verb == Verb::select && earlier.verb != Verb::enable) return false;
        if (earlier.verb < Verb::search || earlier.verb == Verb::idle || earlier.verb == Verb::logout)
            return false;
        if (earlier.chunks_sent < earlier.chunks.size()) return false;
    }
    return true;
}

void ClientSession::Impl::send_commands() {
    while (commands_in_flight < commands.size()) {
        PendingCommand& command = commands[commands_in_flight];
        if (!may_send(command)) return;
        if (!command.refused && needs_mailbox(command.verb) && !selected) {
            command.refused = Error{Errc::not_found, "no mailbox is selected", std::nullopt};
        }
        if (command.refused) {
            if (commands_in_flight > 0) return;
            events.push_back(Refused{public_command(command.verb), std::move(*command.refused)});
            commands.pop_front();
            continue;
        }
        ++commands_in_flight;
        if (command.verb == Verb::select) selected = false;
        send_chunk(command);
    }
}

void ClientSession::Impl::send_chunk(PendingCommand& command) {
    Chunk& chunk = command.chunks[command.chunks_sent++];
    if (options.trace != nullptr) options.trace->client_line(chunk.traced);
    output += chunk.octets;
    wipe(chunk.octets);
    const bool text_follows = command.parts_begun < command.parts.size() &&
                              command.chunks_sent == command.parts[command.parts_begun].behind_chunks;
    if (text_follows) begin_append(command);
}

PendingCommand* ClientSession::Impl::in_flight(Verb verb) {
    for (std::size_t i = 0; i < commands_in_flight; ++i) {
        if (commands[i].verb == verb) return &commands[i];
    }
    return nullptr;
}

std::size_t ClientSession::Impl::outstanding() const {
    const auto queued = std::count_if(commands.begin(), commands.end(), [](const PendingCommand& command) {
        return command.verb >= Verb::select;
    });
    const auto answered = std::count_if(events.begin(), events.end(), [](const ClientStep& step) {
        return std::holds_alternative<Selected>(step) || std::holds_alternative<SearchResult>(step) ||
               std::holds_alternative<SearchCount>(step) || std::holds_alternative<SortResult>(step) ||
               std::holds_alternative<ThreadResult>(step) || std::holds_alternative<CommandDone>(step) ||
               std::holds_alternative<Copied>(step) || std::holds_alternative<Appended>(step) ||
               std::holds_alternative<Refused>(step) || std::holds_alternative<Closed>(step);
    });
    return static_cast<std::size_t>(queued + answered);
}

void ClientSession::select(std::string_view mailbox, bool read_only, SelectNews news, const MailboxPast& past) {
    const auto name = impl_->wire_name(mailbox);
    if (!name) return impl_->queue_refused(Verb::select, name.error());
    CommandEncoder encoder(impl_->literal_use());
    PendingCommand& command = impl_->queue(Verb::select);
    encoder.text(command.tag).text(read_only ? " EXAMINE " : " SELECT ");
    if (const auto sent = encoder.string(*name); !sent) command.refused = sent.error();
    const std::string parameters = impl_->select_parameters(news, past);
    encoder.text(parameters);
    command.resyncs = parameters.starts_with(" (QRESYNC");
    command.chunks = encoder.finish();
    command.selected.mailbox = mailbox;
    command.selected.read_only = read_only;
}

void ClientSession::uid_fetch(std::string uid_set, FetchBody body, bool internal_date) {
    auto set = UidSet::parse(uid_set);
    if (!set) return impl_->queue_refused(Verb::fetch, set.error());
    std::string items = "UID FETCH " + uid_set + " (UID FLAGS RFC822.SIZE";
    if (internal_date) items += " INTERNALDATE";
    if (body == FetchBody::header) items += " BODY.PEEK[HEADER]";
    if (body == FetchBody::whole) items += " BODY.PEEK[]";
    impl_->queue_text(Verb::fetch, items + ")");
    PendingCommand& command = impl_->commands.back();
    command.uid_set = std::move(*set);
    if (body == FetchBody::header) command.section = "BODY[HEADER]";
    if (body == FetchBody::whole) command.section = "BODY[]";
}

void ClientSession::logout() {
    impl_->queue_text(Verb::logout, "LOGOUT");
}

}  // namespace mailpipe::imap

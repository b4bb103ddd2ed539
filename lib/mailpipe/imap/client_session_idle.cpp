#include "mailpipe/imap/client_session_impl.hpp"

namespace mailpipe::imap {

// RFC 2177. The continuation request says that the server watches; before it, DONE would be a command.
void ClientSession::idle() {
    if (!impl_->has_capability("IDLE") && !impl_->has_capability("IMAP4REV2")) {
        return impl_->queue_refused(
            Verb::idle, Error{Errc::unsupported, "IDLE is not offered by the server", std::nullopt});
    }
    impl_->queue_text(Verb::idle, "IDLE");
    impl_->idle_ends = false;
    impl_->idling = false;
}

void ClientSession::idle_done() {
    impl_->idle_ends = true;
    impl_->end_idle();
}

void ClientSession::noop() {
    impl_->queue_text(Verb::noop, "NOOP");
}

std::uint64_t ClientSession::arrivals() const {
    return impl_->arrivals;
}

std::uint64_t ClientSession::flag_changes() const {
    return impl_->flag_changes;
}

void ClientSession::Impl::end_idle() {
    if (!idling || !idle_ends) return;
    idling = false;
    idle_ends = false;
    if (options.trace != nullptr) options.trace->client_line("DONE");
    output += "DONE\r\n";
}

void ClientSession::Impl::on_exists(std::uint32_t count) {
    if (PendingCommand* select = in_flight(Verb::select)) {
        select->selected.exists = count;
        return;
    }
    exists = count;
    ++arrivals;
    if (in_flight(Verb::idle) != nullptr) events.push_back(MailboxGrew{count});
}

}  // namespace mailpipe::imap

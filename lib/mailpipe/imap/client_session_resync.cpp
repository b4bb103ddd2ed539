#include <algorithm>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/imap/client_session_impl.hpp"

namespace mailpipe::imap {

// enable = "ENABLE" 1*(SP capability)      RFC 5161 section 4
void ClientSession::enable(const std::vector<std::string>& extensions) {
    std::string words;
    for (const std::string& extension : extensions) {
        // RFC 6855 section 6: UTF8=ONLY says UTF8=ACCEPT, too.
        const bool offered = impl_->has_capability(extension) ||
                             (extension == "UTF8=ACCEPT" && impl_->has_capability("UTF8=ONLY"));
        if (offered) words += " " + extension;
    }
    // CONDSTORE and QRESYNC imply ENABLE (RFC 7162 section 3.2.3), and some servers do not name it besides.
    if (words.empty()) {
        return impl_->queue_refused(
            Verb::enable,
            Error{Errc::unsupported, "nothing that could be enabled is offered by the server", std::nullopt});
    }
    impl_->queue_text(Verb::enable, "ENABLE" + words);
}

bool ClientSession::is_enabled(std::string_view extension) const {
    return std::find(impl_->enabled.begin(), impl_->enabled.end(), extension) != impl_->enabled.end();
}

void ClientSession::Impl::on_enabled(std::string_view extensions) {
    if (in_flight(Verb::enable) == nullptr) return;
    asked = true;
    for (const std::string_view extension : ascii::split_words(extensions)) {
        if (enabled.size() >= limits::kCapabilities) {
            return fail_with(Errc::limit, "more enabled extensions than kCapabilities (" +
                                              std::to_string(limits::kCapabilities) + ")");
        }
        enabled.push_back(ascii::to_upper(extension));
    }
}

// select-param = "CONDSTORE" / "QRESYNC" SP "(" uidvalidity SP mod-sequence-value ")"      RFC 7162 section 7
std::string ClientSession::Impl::select_parameters(SelectNews news, const MailboxPast& past) const {
    if (news == SelectNews::none) return {};
    const bool past_known =
        past.uid_validity != 0 && past.modseq != 0 && past.modseq <= static_cast<std::uint64_t>(INT64_MAX);
    if (news == SelectNews::resync && past_known && has_capability("QRESYNC"))
        return " (QRESYNC (" + std::to_string(past.uid_validity) + " " + std::to_string(past.modseq) + "))";
    return has_capability("CONDSTORE") || has_capability("QRESYNC") ? " (CONDSTORE)" : "";
}

// expunged-resp = "VANISHED" [SP "(EARLIER)"] SP known-uids      RFC 7162 section 7
// Only what answers a SELECT is of use: what is expunged meanwhile the next one tells.
void ClientSession::Impl::on_vanished(Tokens& tokens) {
    PendingCommand* select = in_flight(Verb::select);
    if (select == nullptr || !select->resyncs || !tokens.atom("VANISHED")) return;
    constexpr std::string_view kEarlier = " (EARLIER) ";
    if (!ascii::starts_with_ignore_case(tokens.rest(), kEarlier)) return;
    asked = true;
    std::string_view uids = tokens.rest().substr(kEarlier.size());
    for (const std::string_view piece : ascii::split(uids, ',')) {
        const std::size_t colon = piece.find(':');
        const auto first = ascii::parse_number(piece.substr(0, colon));
        const auto last =
            colon == std::string_view::npos ? first : ascii::parse_number(piece.substr(colon + 1));
        if (!first || !last || *first == 0 || *last == 0 || std::max(*first, *last) > UINT32_MAX)
            return fail_with(Errc::protocol, "malformed VANISHED response: " + shown(piece));
        if (select->selected.vanished.size() >= limits::kListedMessages) {
            return fail_with(Errc::limit, "more of VANISHED than kListedMessages (" +
                                              std::to_string(limits::kListedMessages) + ")");
        }
        select->selected.vanished.push_back({static_cast<std::uint32_t>(std::min(*first, *last)),
                                             static_cast<std::uint32_t>(std::max(*first, *last))});
    }
}

// RFC 7162 section 3.2.5.1: the flags of each message that has changed come while the SELECT is answered.
bool ClientSession::Impl::on_flag_news(const FetchResponse& found) {
    PendingCommand* select = in_flight(Verb::select);
    if (select == nullptr || !select->resyncs || !found.uid || !found.flags || !found.bodies.empty())
        return false;
    asked = true;
    if (select->selected.changed.size() >= limits::kListedMessages) {
        fail_with(Errc::limit, "more changed messages than kListedMessages (" +
                                   std::to_string(limits::kListedMessages) + ")");
        return true;
    }
    const bool seen = std::any_of(found.flags->begin(), found.flags->end(), [](const std::string& flag) {
        return ascii::equals_ignore_case(flag, "\\Seen");
    });
    select->selected.changed.push_back({*found.uid, seen});
    return true;
}

}  // namespace mailpipe::imap

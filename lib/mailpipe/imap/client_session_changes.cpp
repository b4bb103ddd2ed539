#include <algorithm>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/imap/client_session_impl.hpp"

namespace mailpipe::imap {
namespace {

// flag-list = "(" [flag *(SP flag)] ")"
Result<std::string> encode_flags(const std::vector<std::string>& flags) {
    std::string out = "(";
    for (const std::string& flag : flags) {
        if (!is_flag(flag)) return fail(Errc::usage, "\"" + flag + "\" cannot be a flag of an IMAP server");
        if (out.size() > 1) out += ' ';
        out += flag;
    }
    return out + ")";
}

// uid-set = (uniqueid / uid-range) *("," uid-set)      RFC 4315 section 4. nullopt: malformed, or more than
// kListedMessages, which is judged before a range is expanded.
std::optional<std::vector<std::uint32_t>> parse_uid_list(std::string_view text) {
    std::vector<std::uint32_t> uids;
    for (const std::string_view piece : ascii::split(text, ',')) {
        const std::size_t colon = piece.find(':');
        const auto first = ascii::parse_number(piece.substr(0, colon));
        const auto last =
            colon == std::string_view::npos ? first : ascii::parse_number(piece.substr(colon + 1));
        if (!first || !last || *first == 0 || *last == 0) return std::nullopt;
        const std::uint64_t low = std::min(*first, *last);
        const std::uint64_t high = std::max(*first, *last);
        if (high > UINT32_MAX || high - low >= limits::kListedMessages - uids.size()) return std::nullopt;
        for (std::uint64_t uid = low; uid <= high; ++uid)
            uids.push_back(static_cast<std::uint32_t>(uid));
    }
    return uids;
}

}  // namespace

// flag = ["\\"] atom      RFC 3501 section 9
bool is_flag(std::string_view flag) {
    if (flag.starts_with('\\')) flag.remove_prefix(1);
    return !flag.empty() && std::all_of(flag.begin(), flag.end(), [](char c) {
        return c > 0x20 && c < 0x7F && std::string_view("(){%*\"\\]").find(c) == std::string_view::npos;
    });
}

void ClientSession::uid_store(std::string uid_set, FlagAction action, const std::vector<std::string>& flags) {
    if (const auto set = UidSet::parse(uid_set); !set) return impl_->queue_refused(Verb::store, set.error());
    const auto list = encode_flags(flags);
    if (!list) return impl_->queue_refused(Verb::store, list.error());
    const char* item = action == FlagAction::add ? " +FLAGS.SILENT " : " -FLAGS.SILENT ";
    impl_->queue_text(Verb::store, "UID STORE " + uid_set + item + *list);
}

void ClientSession::uid_expunge(std::string uid_set) {
    if (const auto set = UidSet::parse(uid_set); !set) return impl_->queue_refused(Verb::expunge, set.error());
    if (!impl_->has_capability("UIDPLUS") && !impl_->has_capability("IMAP4REV2")) {
        // A plain EXPUNGE would also remove what others marked \Deleted.
        return impl_->queue_refused(Verb::expunge,
                                    Error{Errc::unsupported,
                                          "UID EXPUNGE needs UIDPLUS, which the server does not offer; "
                                          "the messages stay marked \\Deleted",
                                          std::nullopt});
    }
    impl_->queue_text(Verb::expunge, "UID EXPUNGE " + uid_set);
}

void ClientSession::Impl::queue_copy(Verb verb, const std::string& uid_set, std::string_view mailbox) {
    auto set = UidSet::parse(uid_set);
    if (!set) return queue_refused(verb, set.error());
    const auto name = wire_name(mailbox);
    if (!name) return queue_refused(verb, name.error());
    CommandEncoder encoder(literal_use());
    PendingCommand& command = queue(verb);
    encoder.text(command.tag).text(" UID ").text(name_of(verb)).text(" " + uid_set + " ");
    if (const auto sent = encoder.string(*name); !sent) command.refused = sent.error();
    command.chunks = encoder.finish();
    command.uid_set = std::move(*set);
}

void ClientSession::uid_copy(std::string uid_set, std::string_view mailbox) {
    impl_->queue_copy(Verb::copy, uid_set, mailbox);
}

void ClientSession::uid_move(std::string uid_set, std::string_view mailbox) {
    if (!impl_->has_capability("MOVE") && !impl_->has_capability("IMAP4REV2")) {
        return impl_->queue_refused(
            Verb::move, Error{Errc::unsupported, "MOVE is not offered by the server", std::nullopt});
    }
    impl_->queue_copy(Verb::move, uid_set, mailbox);
}

// append = "APPEND" SP mailbox 1*append-message      RFC 3502 section 6.3.11
// append-message = [SP flag-list] [SP date-time] SP (literal / literal8 / "UTF8" SP "(" literal8 ")")      RFC 6855 section 4
void ClientSession::append(std::string_view mailbox, const std::vector<AppendItem>& messages) {
    const auto refuse = [this](const Error& error) { impl_->queue_refused(Verb::append, error); };
    const auto unsupported = [&refuse](const char* what) {
        refuse(Error{Errc::unsupported, what, std::nullopt});
    };
    const auto name = impl_->wire_name(mailbox);
    if (!name) return refuse(name.error());
    if (messages.empty()) return refuse(Error{Errc::usage, "no message to append", std::nullopt});
    if (messages.size() > 1 && !impl_->has_capability("MULTIAPPEND"))
        return unsupported("MULTIAPPEND is not offered by the server");
    CommandEncoder encoder(impl_->literal_use());
    std::vector<AppendPart> parts;
    encoder.text("APPEND ");
    auto sent = encoder.string(*name);
    for (const AppendItem& message : messages) {
        if (message.binary && !impl_->has_capability("BINARY"))
            return unsupported("a NUL in a message needs BINARY, which the server does not offer");
        const auto list = encode_flags(message.flags);
        if (!list) return refuse(list.error());
        if (!parts.empty()) encoder.begin_chunk();
        if (!parts.empty() && parts.back().utf8) encoder.text(")");
        encoder.text(" ").text(*list).text(" ");
        if (sent && !message.internal_date.empty()) {
            sent = encoder.string(message.internal_date);
            encoder.text(" ");
        }
        const bool utf8 = message.utf8 && impl_->is_utf8_enabled();
        if (utf8) encoder.text("UTF8 (");
        encoder.announce_literal(message.size, message.binary || utf8);
        parts.push_back({encoder.chunks(), message.size, utf8});
    }
    PendingCommand& command = impl_->queue(Verb::append);
    if (!sent) command.refused = sent.error();
    command.chunks = encoder.take();
    command.chunks.front().octets.insert(0, command.tag + " ");
    command.chunks.front().traced.insert(0, command.tag + " ");
    command.parts = std::move(parts);
}

void ClientSession::append(std::string_view mailbox, const std::vector<std::string>& flags,
                           std::string_view internal_date, std::uint64_t size) {
    append(mailbox, {{flags, std::string(internal_date), size, false}});
}

void ClientSession::append_data(std::string_view octets) {
    impl_->append_data(octets);
}

void ClientSession::create(std::string_view mailbox) {
    impl_->queue_of_mailbox(Verb::create, "CREATE", mailbox, {});
}

void ClientSession::Impl::begin_append(PendingCommand& command) {
    append_left = command.parts[command.parts_begun++].size;
    append_begun = true;
    append_asked = false;
    if (append_left == 0) end_append_part();
}

void ClientSession::Impl::append_data(std::string_view octets) {
    if (failed) return;
    if (!append_begun || octets.size() > append_left)
        return fail_with(Errc::usage, "more octets of a message than APPEND announced");
    output += octets;
    append_left -= octets.size();
    append_asked = false;
    if (append_left == 0) end_append_part();
}

void ClientSession::Impl::end_append_part() {
    append_begun = false;
    PendingCommand& command = commands[commands_in_flight - 1];
    if (command.parts_begun < command.parts.size()) {
        send_chunk(command);
    } else {
        output += command.parts.back().utf8 ? ")\r\n" : "\r\n";
    }
}

// resp-code-apnd = "APPENDUID" SP nz-number SP append-uid      RFC 4315 section 4
// append-uid = uniqueid / uid-set; a code that makes no sense is as good as none.
Appended ClientSession::Impl::appended(const PendingCommand& command, const ResponseText& text) {
    const auto words = ascii::split_words(text.arguments);
    if (!text.has_code("APPENDUID") || words.size() != 2) return {};
    const auto validity = ascii::parse_number(words[0]);
    auto uids = parse_uid_list(words[1]);
    if (!validity || *validity == 0 || *validity > UINT32_MAX || !uids || uids->size() != command.parts.size())
        return {};
    return {static_cast<std::uint32_t>(*validity), std::move(*uids)};
}

// resp-code-copy = "COPYUID" SP nz-number SP uid-set SP uid-set      RFC 4315 section 4
// Only what was asked for is believed (isync CVE-2021-3578); a code that makes no sense is as good as none.
void ClientSession::Impl::on_copyuid(PendingCommand& command, const ResponseText& text) {
    const auto words = ascii::split_words(text.arguments);
    if (words.size() != 3) return;
    const auto validity = ascii::parse_number(words[0]);
    const auto from = parse_uid_list(words[1]);
    const auto to = parse_uid_list(words[2]);
    if (!validity || *validity == 0 || *validity > UINT32_MAX || !from || !to || from->size() != to->size())
        return;
    command.copied.uid_validity = static_cast<std::uint32_t>(*validity);
    for (std::size_t i = 0; i < from->size(); ++i) {
        if (!command.uid_set.contains((*from)[i])) continue;
        command.copied.from.push_back((*from)[i]);
        command.copied.to.push_back((*to)[i]);
    }
}

}  // namespace mailpipe::imap

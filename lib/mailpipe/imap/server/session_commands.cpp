#include <algorithm>
#include <array>
#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/imap/server/limits.hpp"
#include "mailpipe/imap/server/session_impl.hpp"

namespace mailpipe::imap::server {
namespace {

constexpr std::string_view kComparator = "i;unicode-casemap";

// collation-wild of RFC 4790 section 3.2: one "*" stands for anything.
bool matches_comparator(std::string_view pattern) {
    if (pattern == "default" || ascii::equals_ignore_case(pattern, kComparator)) return true;
    const std::size_t star = pattern.find('*');
    if (star == std::string_view::npos || pattern.size() - 1 > kComparator.size()) return false;
    return kComparator.starts_with(pattern.substr(0, star)) && kComparator.ends_with(pattern.substr(star + 1));
}

}  // namespace

const Session::Impl::Entry* Session::Impl::find_command(std::string_view name) {
    static constexpr auto kTable = std::to_array<Entry>({
        {"CAPABILITY", kAnyState, "", nullptr, &Impl::on_capability},
        {"NOOP", kAnyState, "", nullptr, &Impl::on_noop},
        {"LOGOUT", kAnyState, "", nullptr, &Impl::on_logout},
        {"ID", kAnyState, "ID", nullptr, &Impl::on_id},
        {"STARTTLS", kNotAuthenticated, "STARTTLS", nullptr, &Impl::on_starttls},
        {"LOGIN", kNotAuthenticated, "", nullptr, &Impl::on_login},
        {"AUTHENTICATE", kNotAuthenticated, "", nullptr, &Impl::on_authenticate},
        {"ENABLE", kAuthenticated, "ENABLE", nullptr, &Impl::on_enable},
        {"IDLE", kLoggedIn, "IDLE", nullptr, &Impl::on_idle},
        {"COMPRESS", kLoggedIn, "COMPRESS=DEFLATE", nullptr, &Impl::on_compress},
        {"UNAUTHENTICATE", kLoggedIn, "UNAUTHENTICATE", nullptr, &Impl::on_unauthenticate},
        {"COMPARATOR", kLoggedIn, "I18NLEVEL=2", nullptr, &Impl::on_comparator},
        {"APPEND", kLoggedIn, ""},
        {"REPLACE", kSelected, "REPLACE", nullptr, nullptr, true},
        {"SELECT", kLoggedIn, "", parse_select},
        {"EXAMINE", kLoggedIn, "", parse_examine},
        {"CREATE", kLoggedIn, "", parse_create},
        {"DELETE", kLoggedIn, "", parse_delete},
        {"RENAME", kLoggedIn, "", parse_rename},
        {"SUBSCRIBE", kLoggedIn, "", parse_subscribe},
        {"UNSUBSCRIBE", kLoggedIn, "", parse_unsubscribe},
        {"STATUS", kLoggedIn, "", parse_status},
        {"LIST", kLoggedIn, "", parse_list},
        {"LSUB", kLoggedIn, "IMAP4rev1", parse_lsub},
        {"NAMESPACE", kLoggedIn, "NAMESPACE", parse_namespace},
        {"GETACL", kLoggedIn, "ACL", parse_getacl},
        {"SETACL", kLoggedIn, "ACL", parse_setacl},
        {"DELETEACL", kLoggedIn, "ACL", parse_deleteacl},
        {"LISTRIGHTS", kLoggedIn, "ACL", parse_listrights},
        {"MYRIGHTS", kLoggedIn, "ACL", parse_myrights},
        {"GETQUOTA", kLoggedIn, "QUOTA", parse_getquota},
        {"GETQUOTAROOT", kLoggedIn, "QUOTA", parse_getquotaroot},
        {"SETQUOTA", kLoggedIn, "QUOTASET", parse_setquota},
        {"GETMETADATA", kLoggedIn, "", parse_getmetadata},
        {"SETMETADATA", kLoggedIn, "", parse_setmetadata},
        {"NOTIFY", kLoggedIn, "NOTIFY", parse_notify},
        {"GENURLAUTH", kLoggedIn, "URLAUTH", parse_genurlauth},
        {"RESETKEY", kLoggedIn, "URLAUTH", parse_resetkey},
        {"URLFETCH", kLoggedIn, "URLAUTH", parse_urlfetch},
        {"CHECK", kSelected, "IMAP4rev1", parse_noop},
        {"CLOSE", kSelected, "", parse_close},
        {"UNSELECT", kSelected, "UNSELECT", parse_unselect},
        {"EXPUNGE", kSelected, "", parse_expunge, nullptr, true},
        {"SEARCH", kSelected, "", parse_search, nullptr, true},
        {"ESEARCH", kLoggedIn, "MULTISEARCH", parse_esearch},
        {"SORT", kSelected, "SORT", parse_sort, nullptr, true},
        {"THREAD", kSelected, "", parse_thread, nullptr, true},
        {"CANCELUPDATE", kSelected, "CONTEXT=SEARCH", parse_cancelupdate},
        {"FETCH", kSelected, "", parse_fetch, nullptr, true},
        {"STORE", kSelected, "", parse_store, nullptr, true},
        {"COPY", kSelected, "", parse_copy, nullptr, true},
        {"MOVE", kSelected, "MOVE", parse_move, nullptr, true},
    });
    const auto* found =
        std::find_if(kTable.begin(), kTable.end(), [name](const Entry& one) { return one.name == name; });
    return found == kTable.end() ? nullptr : found;
}

bool Session::Impl::needs_end(CommandReader& in) {
    const auto ended = in.end();
    if (!ended) refuse(ended.error(), std::nullopt);
    return ended.has_value();
}

void Session::Impl::on_capability(CommandReader& in) {
    if (!needs_end(in)) return;
    const Phase phase = state == State::not_authenticated ? Phase::before_login : Phase::after_login;
    line("* " + encode_capabilities(options, phase));
    tagged(Completion::ok, "", "That is all");
}

void Session::Impl::on_noop(CommandReader& in) {
    if (!needs_end(in)) return;
    if (state == State::not_authenticated) return tagged(Completion::ok, "", "Nothing is done");
    awaiting = Awaiting::command;
    events.emplace_back(CommandRequested{Noop{}});
}

void Session::Impl::on_logout(CommandReader& in) {
    if (!needs_end(in)) return;
    line("* BYE Logging out");
    tagged(Completion::ok, "", "Bye");
    end(std::nullopt);
}

// id = "ID" SP id-params-list        id-params-list = "(" [string SP nstring *(SP string SP nstring)] ")" / nil
void Session::Impl::on_id(CommandReader& in) {
    auto read = in.space();
    if (read && !in.take_word("NIL")) {
        std::size_t pairs = 0;
        read = parse_parenthesised(in, "id-params-list", true, [&]() -> Result<void> {
            if (++pairs > kIdPairs) return fail(Errc::limit, "more than kIdPairs fields");
            if (const auto name = in.string("field"); !name) return tl::unexpected(name.error());
            if (auto space = in.space(); !space) return space;
            if (const auto value = in.nstring("value"); !value) return tl::unexpected(value.error());
            return {};
        });
    }
    if (read) read = in.end();
    if (!read) return refuse(read.error(), std::nullopt);
    line("* ID (\"name\" \"mailpipe\")");
    tagged(Completion::ok, "", "Glad to know you");
}

// enable = "ENABLE" 1*(SP capability)        (RFC 5161 section 4)
void Session::Impl::on_enable(CommandReader& in) {
    std::vector<std::string> names;
    do {
        Result<void> read = in.space();
        std::string name;
        if (read) read_into(in.keyword("capability"), name, read);
        if (!read) return refuse(read.error(), std::nullopt);
        names.push_back(std::move(name));
    } while (!in.at_end());
    struct Switch {
        std::string_view name;
        bool Impl::*member;
    };
    static constexpr auto kSwitches = std::to_array<Switch>({
        {"CONDSTORE", &Impl::condstore},
        {"QRESYNC", &Impl::qresync},
        {"UTF8=ACCEPT", &Impl::utf8_enabled},
        {"IMAP4rev2", &Impl::rev2},
        {"UIDONLY", &Impl::uid_only},
        {"METADATA", &Impl::metadata},
        {"METADATA-SERVER", &Impl::metadata},
    });
    std::string enabled = "* ENABLED";
    for (const std::string& name : names) {
        for (const Switch& one : kSwitches) {
            if (!ascii::equals_ignore_case(one.name, name) || !context().offers(one.name)) continue;
            if (!std::exchange(this->*one.member, true)) enabled += ' ' + std::string(one.name);
        }
    }
    condstore = condstore || qresync;  // RFC 7162 section 3.2.3
    line(enabled);
    tagged(Completion::ok, "", "Enabled");
}

void Session::Impl::on_idle(CommandReader& in) {
    if (!needs_end(in)) return;
    line("+ Idling");
    reading = Reading::idle;
    events.emplace_back(IdleBegan{});
}

void Session::Impl::idle_line(std::string_view text) {
    trace_client(text);
    idle_bad = !ascii::equals_ignore_case(text, "DONE");
    reading = Reading::command;
    awaiting = Awaiting::idle_end;
    events.emplace_back(IdleEnded{});
}

// compress = "COMPRESS" SP "DEFLATE"        (RFC 4978 section 5)
void Session::Impl::on_compress(CommandReader& in) {
    auto read = in.space();
    std::string name;
    if (read) read_into(in.keyword("algorithm"), name, read);
    if (read) read = in.end();
    if (!read) return refuse(read.error(), std::nullopt);
    if (name != "DEFLATE") return tagged(Completion::no, "", "Algorithm is not known");
    if (deflate) return tagged(Completion::no, "COMPRESSIONACTIVE", "Compression is active already");
    tagged(Completion::ok, "", "DEFLATE is active");
    start_compression();
}

// RFC 8437 section 4: the state is that of a connection that was just made, but for TLS. Compression ends with the response.
void Session::Impl::on_unauthenticate(CommandReader& in) {
    if (!needs_end(in)) return;
    state = State::not_authenticated;
    framer.set_limit(limits::kCommandLineBeforeLogin);
    commands_before_login = 0;
    condstore = qresync = utf8_enabled = uid_only = metadata = false;
    rev2 = !context().offers("IMAP4rev1") && context().offers("IMAP4rev2");
    events.emplace_back(LoggedOff{});
    tagged(Completion::ok, "", "Logged off");
    stop_compression();
}

// comparator-cmd = "COMPARATOR" *(SP comp-order-quoted)        (RFC 5255 section 4.7)
void Session::Impl::on_comparator(CommandReader& in) {
    const std::string only(kComparator);
    bool asked = false;
    bool found = false;
    Result<void> read;
    while (read && !in.at_end()) {
        asked = true;
        std::string pattern;
        if (read = in.space(); read) read_into(in.astring("comp-order"), pattern, read);
        found = found || matches_comparator(pattern);
    }
    if (!read) return refuse(read.error(), std::nullopt);
    if (asked && !found) return tagged(Completion::no, "BADCOMPARATOR", "Comparator is not known");
    line("* COMPARATOR \"" + only + "\"" + (asked ? " (\"" + only + "\")" : ""));
    tagged(Completion::ok, "", "That is the comparator");
}

}  // namespace mailpipe::imap::server

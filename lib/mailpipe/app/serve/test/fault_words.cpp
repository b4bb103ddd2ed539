#include "mailpipe/app/serve/test/fault_words.hpp"

#include <charconv>

#include "mailpipe/app/serve/test/exit_watch.hpp"
#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app::serve {
namespace {

using Words = std::vector<std::string>;

bool parse_count(const std::string& text, std::optional<std::uint64_t>& to) {
    to = ascii::parse_number(text);
    return to.has_value();
}

bool parse_positive(const std::string& text, std::optional<std::uint64_t>& to) {
    return parse_count(text, to) && *to > 0;
}

bool parse_pattern(const std::string& text, std::optional<std::string>& to) {
    to = text == "<>" ? "" : text;
    return !text.empty();
}

bool parse_change(const std::string& text, std::optional<NumberChange>& to) {
    NumberChange change;
    change.relative = text.starts_with('+') || text.starts_with('-');
    const char* begin = text.data() + (text.starts_with('+') ? 1 : 0);
    const auto [end, error] = std::from_chars(begin, text.data() + text.size(), change.value);
    to = change;
    return error == std::errc{} && end == text.data() + text.size();
}

bool parse_reply(const std::string& text, std::optional<std::string>& to) {
    std::string reply;
    for (const char c : text) {
        if (c == '\r') continue;
        if (c == '\n') reply += '\r';
        reply += c;
    }
    if (!reply.ends_with("\r\n")) reply += "\r\n";
    to = std::move(reply);
    return !text.empty();
}

bool parse_per(const std::string& text, std::vector<std::string>& to) {
    for (const std::string_view word : ascii::split(text, ',')) {
        if (word != "to" && word != "from" && word != "user" && word != "mailbox" && word != "connection")
            return false;
        to.emplace_back(word);
    }
    return true;
}

}  // namespace

const Words& fault_points(FaultProtocol protocol) {
    static const Words smtp{"connect", "tls",  "greeting", "helo", "ehlo",   "starttls", "auth", "mail",
                            "rcpt",    "data", "bdat",     "body", "end",    "rset",     "noop", "vrfy",
                            "expn",    "help", "xclient",  "quit", "stored", "command"};
    static const Words lmtp{"connect", "tls",  "greeting", "lhlo",    "starttls", "auth",   "mail",
                            "rcpt",    "data", "bdat",     "body",    "end",      "rset",   "noop",
                            "vrfy",    "expn", "help",     "xclient", "quit",     "stored", "command"};
    static const Words pop3{"connect", "tls",  "greeting", "capa", "stls", "user",   "pass", "apop",
                            "auth",    "stat", "list",     "uidl", "retr", "top",    "dele", "rset",
                            "noop",    "last", "utf8",     "lang", "quit", "command"};
    static const Words imap{
        "connect",      "tls",       "greeting",   "capability",     "id",           "starttls",
        "authenticate", "login",     "logout",     "compress",       "comparator",   "noop",
        "enable",       "idle",      "done",       "unauthenticate", "select",       "examine",
        "create",       "delete",    "rename",     "subscribe",      "unsubscribe",  "list",
        "lsub",         "namespace", "status",     "append",         "replace",      "body",
        "end",          "stored",    "check",      "close",          "unselect",     "expunge",
        "search",       "esearch",   "sort",       "thread",         "cancelupdate", "fetch",
        "store",        "copy",      "move",       "getacl",         "setacl",       "deleteacl",
        "listrights",   "myrights",  "getquota",   "getquotaroot",   "setquota",     "getmetadata",
        "setmetadata",  "notify",    "genurlauth", "resetkey",       "urlfetch",     "command"};
    switch (protocol) {
        case FaultProtocol::smtp:
            break;
        case FaultProtocol::lmtp:
            return lmtp;
        case FaultProtocol::pop3:
            return pop3;
        case FaultProtocol::imap:
            return imap;
    }
    return smtp;
}

const std::vector<FaultItem>& fault_items() {
    static const Words counted{"pop3 stat", "pop3 list", "pop3 uidl", "pop3 retr", "pop3 pass", "pop3 apop",
                               "pop3 auth", "imap",      "!connect",  "!tls",      "!greeting", "!body"};
    static const Words sized{"pop3 stat", "pop3 list", "pop3 retr", "pop3 pass", "pop3 apop",
                             "pop3 auth", "smtp ehlo", "lmtp lhlo", "imap",      "!connect",
                             "!tls",      "!greeting", "!body"};
    static const Words messages{"pop3 list", "pop3 uidl", "pop3 retr", "pop3 top", "pop3 dele"};
    static const Words declared{"smtp mail",   "smtp end",    "smtp stored",  "lmtp mail", "lmtp end",
                                "lmtp stored", "imap append", "imap replace", "imap end",  "imap stored"};
    static const Words recipients{"smtp",  "lmtp",  "!connect", "!tls",      "!greeting", "!helo",
                                  "!ehlo", "!lhlo", "!auth",    "!starttls", "!mail"};
    static const Words senders{"smtp",  "lmtp",  "!connect", "!tls",      "!greeting",
                               "!helo", "!ehlo", "!lhlo",    "!starttls", "!auth"};
    static const Words mailboxes{"imap", "!connect", "!tls", "!greeting"};
    static const Words users{"!connect", "!tls", "!greeting"};
    static const Words answers{"imap", "!connect", "!tls", "!greeting", "!body"};
    static const Words tls{"smtp tls", "lmtp tls", "pop3 tls", "imap tls"};
    static const std::vector<FaultItem> table{
        {"to", "a pattern such as *@example.org", recipients, false,
         [](Fault& f, const std::string& v) { return parse_pattern(v, f.to); }},
        {"from", "a pattern such as *@example.org, or <>", senders, false,
         [](Fault& f, const std::string& v) { return parse_pattern(v, f.from); }},
        {"user", "a pattern such as bob*", users, false,
         [](Fault& f, const std::string& v) { return parse_pattern(v, f.user); }},
        {"mailbox", "a pattern such as Archive*", mailboxes, false,
         [](Fault& f, const std::string& v) { return parse_pattern(v, f.mailbox); }},
        {"tls",
         "yes or no",
         {},
         false,
         [](Fault& f, const std::string& v) {
             f.tls = v == "yes";
             return v == "yes" || v == "no";
         }},
        {"message", "the number of a message", messages, false,
         [](Fault& f, const std::string& v) { return parse_positive(v, f.message); }},
        {"larger", "a number of octets", declared, false,
         [](Fault& f, const std::string& v) { return parse_count(v, f.larger); }},
        {"n",
         "a number from 1",
         {},
         false,
         [](Fault& f, const std::string& v) { return parse_positive(v, f.n); }},
        {"first",
         "a number from 1",
         {},
         false,
         [](Fault& f, const std::string& v) { return parse_positive(v, f.first); }},
        {"times",
         "a number from 1",
         {},
         false,
         [](Fault& f, const std::string& v) { return parse_positive(v, f.times); }},
        {"probability",
         "a number from 0 to 1",
         {},
         false,
         [](Fault& f, const std::string& v) {
             const auto [end, error] = std::from_chars(v.data(), v.data() + v.size(), f.probability);
             return error == std::errc{} && end == v.data() + v.size() && f.probability >= 0 &&
                    f.probability <= 1;
         }},
        {"per",
         "some of to, from, user, mailbox, connection, with commas",
         {},
         false,
         [](Fault& f, const std::string& v) { return parse_per(v, f.per); }},
        {"reply",
         "a line of text",
         {"!connect", "!tls", "!body", "!stored"},
         true,
         [](Fault& f, const std::string& v) { return parse_reply(v, f.reply); }},
        {"delay",
         "a time such as 500ms or 5s",
         {},
         true,
         [](Fault& f, const std::string& v) {
             const auto time = parse_milliseconds(v);
             f.delay = time.value_or(std::chrono::milliseconds(0));
             return time.has_value();
         }},
        {"drop", nullptr, {}, true, [](Fault& f, const std::string&) { return f.drop = true; }},
        {"reset", nullptr, {}, true, [](Fault& f, const std::string&) { return f.reset = true; }},
        {"hang", nullptr, {}, true, [](Fault& f, const std::string&) { return f.hang = true; }},
        {"throttle",
         "octets a second",
         {"!connect", "!tls"},
         true,
         [](Fault& f, const std::string& v) { return parse_positive(v, f.throttle); }},
        {"cut-after",
         "a number of octets",
         {"!connect", "!tls"},
         true,
         [](Fault& f, const std::string& v) { return parse_count(v, f.cut_after); }},
        {"garble",
         "[a number of octets]",
         {"!connect", "!tls", "!body"},
         true,
         [](Fault& f, const std::string& v) {
             f.garble = 0;
             return v.empty() || parse_count(v, f.garble);
         }},
        {"wrong-count", "a number, or a change such as +1", counted, true,
         [](Fault& f, const std::string& v) { return parse_change(v, f.wrong_count); }},
        {"wrong-size", "a number, or a change such as -10", sized, true,
         [](Fault& f, const std::string& v) { return parse_change(v, f.wrong_size); }},
        {"duplicate-uidl",
         nullptr,
         {"pop3 uidl"},
         true,
         [](Fault& f, const std::string&) { return f.duplicate_uidl = true; }},
        {"wrong-uid", "a number, or a change such as +1", answers, true,
         [](Fault& f, const std::string& v) { return parse_change(v, f.wrong_uid); }},
        {"wrong-uidnext", "a number, or a change such as +1", answers, true,
         [](Fault& f, const std::string& v) { return parse_change(v, f.wrong_uidnext); }},
        {"wrong-uidvalidity", "a number, or a change such as +1", answers, true,
         [](Fault& f, const std::string& v) { return parse_change(v, f.wrong_uidvalidity); }},
        {"wrong-modseq", "a number, or a change such as +1", answers, true,
         [](Fault& f, const std::string& v) { return parse_change(v, f.wrong_modseq); }},
        {"wrong-result", "a line such as NO", answers, true,
         [](Fault& f, const std::string& v) { return parse_reply(v, f.wrong_result); }},
        {"unsolicited", "a line such as * 7 EXPUNGE", answers, true,
         [](Fault& f, const std::string& v) { return parse_reply(v, f.unsolicited); }},
        {"cut-literal", "a number of octets", answers, true,
         [](Fault& f, const std::string& v) { return parse_count(v, f.cut_literal); }},
        {"bye-after", "a number of responses", answers, true,
         [](Fault& f, const std::string& v) { return parse_count(v, f.bye_after); }},
        {"fail", nullptr, tls, true, [](Fault& f, const std::string&) { return f.fail = true; }},
        {"expired", nullptr, tls, true, [](Fault& f, const std::string&) { return f.expired = true; }},
    };
    return table;
}

}  // namespace mailpipe::app::serve

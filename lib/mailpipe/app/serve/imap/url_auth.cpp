#include "mailpipe/app/serve/imap/url_auth.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <ctime>

#include "mailpipe/app/serve/imap/message_url.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/encoding.hpp"
#include "mailpipe/imap/server/write_response.hpp"
#include "mailpipe/sasl/scram_keys.hpp"

namespace mailpipe::app::serve {
namespace {

namespace proto = imap::server;

constexpr std::size_t kKey = 32;
constexpr std::string_view kMechanism = "INTERNAL";
constexpr std::string_view kAlgorithm = "01";  // in front of the token: HMAC-SHA256

std::string key_name(const index::Mailbox& mailbox) {
    return "urlauth:" + mailbox.id();
}

Result<std::string> make_key(index::Account& account, const index::Mailbox& mailbox) {
    std::string key(kKey, '\0');
    if (::RAND_bytes(reinterpret_cast<unsigned char*>(key.data()), kKey) != 1)
        return fail(Errc::temporary, "no random numbers");
    key = encode_hex(key);
    if (auto set = account.set_secret(key_name(mailbox), key); !set) return tl::unexpected(set.error());
    return key;
}

std::string sign(const std::string& key, std::string_view rump) {
    return std::string(kAlgorithm) + encode_hex(sasl::hmac(sasl::ScramHash::sha256, key, rump));
}

bool is_access(const MessageUrl& url) {
    const std::string access = ascii::to_lower(url.access);
    return access == "anonymous" || access == "authuser" || access.starts_with("user+") ||
           access.starts_with("submit+");
}

// Whether the user who asks is one of those that the URL is for.
bool may_use(const MessageUrl& url, const std::string& user) {
    const std::string access = ascii::to_lower(url.access);
    if (access == "anonymous" || access == "authuser") return true;
    return access == "user+" + ascii::to_lower(user);
}

bool equal_in_constant_time(const std::string& a, const std::string& b) {
    return a.size() == b.size() && ::CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

// The text behind a URL whose token is right; not_found for all others: nobody learns why.
Result<std::string> read_authorized(Work& work, const std::string& text) {
    const Fail none = fail(Errc::not_found, "no such URL");
    auto url = parse_message_url(text);
    if (!url || url->token.empty() || !ascii::equals_ignore_case(url->mechanism, kMechanism)) return none;
    if (!may_use(*url, work.state.user)) return none;
    if (url->expires && *url->expires < std::time(nullptr)) return none;
    const auto owner = work.state.config.users.find(url->user);
    if (!owner) return none;
    MailboxNames names(work.state.config, work.state.names.shared(), *owner);
    auto place = names.find(url->mailbox);
    auto mailbox = place && place->own ? names.open(*place) : tl::unexpected(none.value());
    if (!mailbox) return none;
    auto key = place->account->secret(key_name(**mailbox));
    if (!key || key->empty() || !equal_in_constant_time(sign(*key, url->rump), url->token)) return none;
    return read_message_url(**mailbox, *url);
}

}  // namespace

Outcome on_gen_url_auth(Work& work, const proto::GenUrlAuth& command) {
    std::string line = "* GENURLAUTH";
    for (const auto& [rump, mechanism] : command.rumps) {
        auto url = parse_message_url(rump);
        if (!url || url->host.empty() || !is_access(*url) || !url->token.empty())
            return bad("A URL with ;URLAUTH=ACCESS is expected");
        if (!ascii::equals_ignore_case(mechanism, kMechanism)) return bad("INTERNAL is the mechanism");
        if (!ascii::equals_ignore_case(url->user, work.state.user))
            return refused("NOPERM", "It is another user's mailbox");
        auto place = work.state.names.find(url->mailbox);
        auto mailbox = place && place->own ? work.state.names.open(*place)
                                           : Result<std::shared_ptr<index::Mailbox>>(fail(Errc::not_found, ""));
        if (!mailbox) return refusal_of(mailbox.error());
        auto key = place->account->secret(key_name(**mailbox));
        if (key && key->empty()) key = make_key(*place->account, **mailbox);
        if (!key) return refusal_of(key.error());
        line += ' ';
        proto::write_string(line, rump + ":internal:" + sign(*key, rump));
    }
    work.out += line + "\r\n";
    return done("Those are the URLs");
}

Outcome on_reset_key(Work& work, const proto::ResetKey& command) {
    auto account = work.state.names.own();
    if (!account) return refusal_of(account.error());
    std::vector<std::string> mailboxes{command.mailbox};
    if (command.mailbox.empty()) {
        auto all = (*account)->mailboxes();
        if (!all) return refusal_of(all.error());
        mailboxes.clear();
        for (const index::MailboxInfo& info : *all)
            if (info.exists) mailboxes.push_back(info.name);
    }
    for (const std::string& name : mailboxes) {
        auto mailbox = (*account)->mailbox(name);
        if (!mailbox) return refusal_of(mailbox.error());
        auto key = make_key(**account, **mailbox);
        if (!key) return refusal_of(key.error());
    }
    return done("URLs given out before are worth nothing", "URLMECH INTERNAL");
}

Outcome on_url_fetch(Work& work, const proto::UrlFetch& command) {
    work.out += "* URLFETCH";
    for (const proto::UrlFetch::Url& url : command.urls) {
        auto text = read_authorized(work, url.url);
        work.out += ' ';
        proto::write_string(work.out, url.url);
        if (!text) {
            work.out += " NIL";
        } else if (url.extended && (url.body || url.binary)) {
            work.out += url.body ? " (BODY {" : " (BINARY ~{";
            proto::write_number(work.out, text->size());
            work.out.append("}\r\n").append(*text).append(")");
        } else {
            work.out += " {";
            proto::write_number(work.out, text->size());
            work.out.append("}\r\n").append(*text);
        }
    }
    work.out += "\r\n";
    return done("Those are they");
}

}  // namespace mailpipe::app::serve

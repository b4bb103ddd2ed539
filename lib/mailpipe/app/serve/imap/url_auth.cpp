#include "mailpipe/app/serve/imap/url_auth.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <ctime>

#include "mailpipe/app/serve/imap/message_url.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/encoding.hpp"
#include "mailpipe/imap/server/message_data.hpp"
#include "mailpipe/imap/server/write_response.hpp"
#include "mailpipe/mime/part_tree.hpp"
#include "mailpipe/sasl/scram_keys.hpp"

namespace mailpipe::app::serve {
namespace {

namespace proto = imap::server;

constexpr std::size_t kKey = 32;
constexpr std::uint64_t kMostBeside = 1U << 20;  // octets of an answer beside those of a largest message
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

// What a URL whose token is right names; not_found for all others: nobody learns why. Into `text`.
struct Authorized {
    std::shared_ptr<index::Mailbox> mailbox;
    MessageUrl url;
};

Result<Authorized> authorize(Work& work, const std::string& text) {
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
    return Authorized{std::move(*mailbox), std::move(*url)};
}

void write_literal(std::string& out, std::string_view octets) {
    proto::write_number(out += '{', octets.size());
    out.append("}\r\n").append(octets);
}

// BODYPARTSTRUCTURE of a part is that of a message with the part's header and body.
std::string part_structure(const mime::PartTree& tree, const proto::Section& section) {
    if (section.part.empty()) return proto::encode_body_structure(tree, true);
    std::string storage;
    proto::Section header = section;
    header.text = proto::Section::Text::mime;
    const auto fields = proto::find_section(tree, header, storage);
    const auto body = proto::find_section(tree, section, storage);
    if (!fields || !body) return "NIL";
    const std::string entity = std::string(*fields) + std::string(*body);
    return proto::encode_body_structure(mime::parse_parts(entity), true);
}

// url-metadata-el of RFC 5524 section 5.
Result<void> write_extended(std::string& out, const proto::UrlFetch::Url& asked, const Authorized& found) {
    auto text = found.mailbox->text(found.url.uid);
    if (!text) return tl::unexpected(text.error());
    const auto tree = mime::parse_parts(*text);
    if (asked.body_part_structure)
        out.append(" (BODYPARTSTRUCTURE ").append(part_structure(tree, found.url.section)).append(")");
    if (asked.body) {
        const auto octets = read_message_url(*found.mailbox, found.url);
        if (!octets) return tl::unexpected(octets.error());
        write_literal(out += " (BODY ", *octets);
        out += ')';
    }
    if (asked.binary) {
        const bool whole = found.url.section.text == proto::Section::Text::whole && !found.url.partial;
        const auto decoded = whole ? proto::decode_section(tree, found.url.section)
                                   : Result<std::optional<std::string>>(std::nullopt);
        out += " (BINARY ";
        if (decoded && *decoded) {
            write_literal(out += '~', **decoded);
        } else {
            out += "NIL";
        }
        out += ')';
    }
    return {};
}

// One item of the response, or NIL.
void write_fetched(Work& work, const proto::UrlFetch::Url& asked) {
    std::string& out = work.out;
    const auto found = authorize(work, asked.url);
    const std::size_t begin = out.size();
    if (found && (asked.body || asked.binary || asked.body_part_structure)) {
        if (write_extended(out, asked, *found)) return;
        out.resize(begin);
    } else if (found) {
        if (const auto text = read_message_url(*found->mailbox, found->url))
            return write_literal(out += ' ', *text);
    }
    out += " NIL";
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
        work.out += ' ';
        proto::write_string(work.out, url.url);
        // The answer is made as a whole: who asks for more at once is told that it is not there.
        if (work.out.size() > work.state.config.max_message_size + kMostBeside) {
            work.out += " NIL";
        } else {
            write_fetched(work, url);
        }
    }
    work.out += "\r\n";
    return done("Those are they");
}

}  // namespace mailpipe::app::serve

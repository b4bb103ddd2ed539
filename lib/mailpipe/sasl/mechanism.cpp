#include "mailpipe/sasl/mechanism.hpp"

#include <algorithm>
#include <array>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/sasl/mechanisms.hpp"

namespace mailpipe::sasl {
namespace {

struct ClientMechanism {
    std::string_view name;
    bool shows_secret;
    std::unique_ptr<Client> (*make)(const Credentials& credentials);
    bool takes_token = false;
    bool binds_channel = false;
    bool needs_certificate = false;
    bool needs_ticket = false;
};

// Best first; who shows a certificate wants to be known by it. CRAM-MD5 stands last: inside TLS it protects less than PLAIN does, since the server must keep the
// password itself; without TLS it is what is left.
constexpr std::array kClientMechanisms{
    ClientMechanism{"EXTERNAL", false, make_external_client, false, false, true},
    ClientMechanism{"GSSAPI", false, make_gssapi_client, false, false, false, true},
    ClientMechanism{"OAUTHBEARER", true, make_oauthbearer_client, true},
    ClientMechanism{"XOAUTH2", true, make_xoauth2_client, true},
    ClientMechanism{"SCRAM-SHA-256-PLUS", false, make_scram_sha256_plus_client, false, true},
    ClientMechanism{"SCRAM-SHA-1-PLUS", false, make_scram_sha1_plus_client, false, true},
    ClientMechanism{"SCRAM-SHA-256", false, make_scram_sha256_client},
    ClientMechanism{"SCRAM-SHA-1", false, make_scram_sha1_client},
    ClientMechanism{"PLAIN", true, make_plain_client},
    ClientMechanism{"LOGIN", true, make_login_client},
    ClientMechanism{"CRAM-MD5", false, make_cram_md5_client},
};

}  // namespace

Result<void> check_credentials(std::string_view user, std::string_view password) {
    if (user.empty()) return fail(Errc::auth, "the user name is empty");
    if (password.empty()) return fail(Errc::auth, "the password is empty");
    if (user.size() > limits::kSaslMessage / 4 || password.size() > limits::kSaslMessage / 4) {
        return fail(Errc::limit, "the user name or the password is longer than kSaslMessage allows");
    }
    if (std::any_of(user.begin(), user.end(), ascii::is_control)) {
        return fail(Errc::auth, "the user name contains a control character");
    }
    if (password.find_first_of(std::string_view("\0\r\n", 3)) != std::string_view::npos) {
        return fail(Errc::auth, "the password contains a NUL or a line end");
    }
    if (!is_utf8(user) || !is_utf8(password)) {
        return fail(Errc::auth, "the user name or the password is not UTF-8");
    }
    return {};
}

std::unique_ptr<Client> choose_client(const std::vector<std::string>& offered, const Credentials& credentials,
                                      bool plaintext_allowed) {
    for (const ClientMechanism& mechanism : kClientMechanisms) {
        if (mechanism.shows_secret && !plaintext_allowed) continue;
        if (mechanism.needs_certificate && !credentials.has_certificate) continue;
        if (mechanism.needs_ticket && credentials.kerberos_host.empty()) continue;
        const bool takes_secret = !mechanism.needs_certificate && !mechanism.needs_ticket;
        if (takes_secret && mechanism.takes_token != credentials.is_token) continue;
        if (takes_secret && credentials.may_lack_secret() && credentials.secret.reveal().empty()) continue;
        if (mechanism.binds_channel && credentials.channel_binding.empty()) continue;
        const bool is_offered = std::any_of(offered.begin(), offered.end(), [&](const std::string& name) {
            return ascii::equals_ignore_case(name, mechanism.name);
        });
        if (is_offered) return mechanism.make(credentials);
    }
    return nullptr;
}

// Cyrus SASL up to 2.1.28 (Cyrus IMAP, Postfix, sendmail) offers "-PLUS" over TLS 1.3 and knows no binding but the
// "tls-unique" of TLS 1.2. What it says is its text for SASL_BADPROT; a wrong password is "authentication failure".
bool is_binding_refusal(std::string_view mechanism, std::string_view server_text) {
    constexpr std::string_view kCyrus = "bad protocol / cancel";
    return mechanism.ends_with("-PLUS") && (server_text.find(kCyrus) != std::string_view::npos ||
                                            server_text.find("channel-binding") != std::string_view::npos);
}

}  // namespace mailpipe::sasl

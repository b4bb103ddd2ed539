#include "mailpipe/sasl/server.hpp"

#include <array>
#include <stdexcept>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/sasl/mechanisms.hpp"

namespace mailpipe::sasl {
namespace {

using Settings = ServerSettings;

struct ServerMechanism {
    std::string_view name;
    bool (*offered)(const Settings& settings);
    std::unique_ptr<Server> (*make)(const Settings& settings);
};

bool binds(const Settings& settings) {
    return !settings.channel_binding.empty();
}

// Best first. SCRAM comes before PLAIN, since a client that takes the first then shows its password to nobody.
const std::array kServerMechanisms{
    ServerMechanism{"EXTERNAL", [](const Settings& s) { return s.has_certificate; }, make_external_server},
    ServerMechanism{"SCRAM-SHA-256-PLUS", [](const Settings& s) { return s.scram_sha256 && binds(s); },
                    make_scram_sha256_plus_server},
    ServerMechanism{"SCRAM-SHA-1-PLUS", [](const Settings& s) { return s.scram_sha1 && binds(s); },
                    make_scram_sha1_plus_server},
    ServerMechanism{"SCRAM-SHA-256", [](const Settings& s) { return s.scram_sha256; },
                    make_scram_sha256_server},
    ServerMechanism{"SCRAM-SHA-1", [](const Settings& s) { return s.scram_sha1; }, make_scram_sha1_server},
    ServerMechanism{"OAUTHBEARER", [](const Settings& s) { return s.tokens; }, make_oauthbearer_server},
    ServerMechanism{"XOAUTH2", [](const Settings& s) { return s.tokens; }, make_xoauth2_server},
    ServerMechanism{"PLAIN", [](const Settings& s) { return s.passwords; }, make_plain_server},
    ServerMechanism{"LOGIN", [](const Settings& s) { return s.passwords; }, make_login_server},
    ServerMechanism{"CRAM-MD5", [](const Settings& s) { return s.cram_md5; }, make_cram_md5_server},
};

}  // namespace

Server::Step Server::keys(ScramKeys /*keys*/) {
    throw std::logic_error("this SASL mechanism has asked for no keys");
}

std::optional<std::string> decode_saslname(std::string_view text) {
    std::string name;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '=') {
            name += text[i];
            continue;
        }
        const std::string_view escape = text.substr(i, 3);
        if (escape != "=2C" && escape != "=3D") return std::nullopt;
        name += escape == "=2C" ? ',' : '=';
        i += 2;
    }
    return name;
}

std::unique_ptr<Server> make_server(std::string_view mechanism, const ServerSettings& settings) {
    for (const ServerMechanism& candidate : kServerMechanisms) {
        if (ascii::equals_ignore_case(candidate.name, mechanism) && candidate.offered(settings))
            return candidate.make(settings);
    }
    return nullptr;
}

std::vector<std::string_view> offered_mechanisms(const ServerSettings& settings) {
    std::vector<std::string_view> names;
    for (const ServerMechanism& mechanism : kServerMechanisms) {
        if (mechanism.offered(settings)) names.push_back(mechanism.name);
    }
    return names;
}

}  // namespace mailpipe::sasl

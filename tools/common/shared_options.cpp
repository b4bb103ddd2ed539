#include "tools/common/shared_options.hpp"

#include <map>
#include <string>

namespace mailpipe::tools {
namespace {

const std::map<std::string, app::OutputStyle> kOutputStyles{{"auto", app::OutputStyle::automatic},
                                                            {"table", app::OutputStyle::table},
                                                            {"text", app::OutputStyle::text},
                                                            {"jsonl", app::OutputStyle::jsonl}};
const std::map<std::string, app::When> kWhen{
    {"auto", app::When::automatic}, {"always", app::When::always}, {"never", app::When::never}};
const std::map<std::string, app::TlsMode> kTlsModes{
    {"none", app::TlsMode::none}, {"starttls", app::TlsMode::starttls}, {"implicit", app::TlsMode::implicit}};

template <class Enum>
CLI::Option* add_choice(CLI::App& app, const std::string& name, Enum& value, const std::map<std::string, Enum>& choices,
                        const std::string& description) {
    std::string names;
    for (const auto& [key, ignored] : choices) names += (names.empty() ? "" : "|") + key;
    return app
        .add_option_function<std::string>(
            name,
            [&value, &choices](const std::string& text) {
                const auto found = choices.find(text);
                if (found != choices.end()) value = found->second;
            },
            description)
        ->type_name(names)
        ->check([&choices, names](const std::string& text) {
            return choices.contains(text) ? std::string() : "'" + text + "' is not one of " + names;
        });
}

}  // namespace

void add_common_options(CLI::App& app, app::CommonOptions& options) {
    add_choice(app, "--output", options.output, kOutputStyles, "Form of the output; auto: table or text on a terminal");
    app.add_flag_callback("--json", [&options] { options.output = app::OutputStyle::jsonl; },
                          "Short for --output jsonl");
    app.add_flag("-q,--quiet", options.quiet, "Print errors only");
    add_choice(app, "--color", options.color, kWhen, "Colour the output");
    add_choice(app, "--progress", options.progress, kWhen, "Show progress on stderr");
    app.add_flag("--trace", options.trace, "Print the protocol dialogue on stderr, credentials replaced");
}

void add_client_options(CLI::App& app, app::ClientOptions& options) {
    auto* ipv4 = app.add_flag_callback("-4", [&options] { options.family = net::AddressFamily::ipv4; },
                                       "Connect over IPv4 only");
    app.add_flag_callback("-6", [&options] { options.family = net::AddressFamily::ipv6; }, "Connect over IPv6 only")
        ->excludes(ipv4);
    app.add_option_function<double>(
           "--timeout",
           [&options](double seconds) {
               options.timeout = std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
           },
           "Give up when the server is silent that long (default 60)")
        ->type_name("SECONDS")
        ->check(CLI::Range(0.001, 86400.0));
    app.add_option("--proxy", options.proxy, "Connect through this SOCKS or HTTP proxy")->type_name("URL");
    app.add_option_function<std::string>(
           "--tls",
           [&options](const std::string& text) { options.tls = kTlsModes.at(text); },
           "How TLS is used (default: implicit for imaps, pop3s and smtps URLs, else starttls)")
        ->type_name("none|starttls|implicit")
        ->check([](const std::string& text) {
            return kTlsModes.contains(text) ? std::string() : "'" + text + "' is not one of none|starttls|implicit";
        });
    app.add_option("--tls-ca", options.tls_ca, "Trust the CA certificates in this PEM file only")->type_name("FILE");
    app.add_option("--pin-sha256", options.pin_sha256,
                   "Accept exactly the certificate with this public key (SHA-256, base64 or hex); may be repeated")
        ->type_name("PIN")
        ->allow_extra_args(false);
    app.add_flag("--allow-plaintext-auth", options.allow_plaintext_auth,
                 "With --tls none, send the password to hosts other than this one");
    app.add_option("--user", options.user, "Log in as this user when the URL names none")->type_name("NAME");
    app.add_option("--password-command", options.password_command,
                   "Run this shell command; the first line it prints is the password")
        ->type_name("COMMAND");
    app.add_option("--password-file", options.password_file, "The first line of this file is the password")
        ->type_name("FILE");
}

}  // namespace mailpipe::tools

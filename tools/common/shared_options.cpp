#include "tools/common/shared_options.hpp"

#include <string>

namespace mailpipe::tools {
namespace {

const Choices<app::OutputStyle> kOutputStyles{{"auto", app::OutputStyle::automatic},
                                              {"table", app::OutputStyle::table},
                                              {"text", app::OutputStyle::text},
                                              {"jsonl", app::OutputStyle::jsonl}};
}  // namespace

const Choices<app::TlsMode> kTlsModes{
    {"none", app::TlsMode::none}, {"starttls", app::TlsMode::starttls}, {"implicit", app::TlsMode::implicit}};

CLI::Option* add_list(CLI::App& app, const std::string& name, std::vector<std::string>& values,
                      const std::string& type, const std::string& description) {
    return app.add_option(name, values, description)
        ->type_name(type)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->allow_extra_args(false);
}

CLI::Option* add_arguments(CLI::App& app, const std::string& name, std::vector<std::string>& values,
                           const std::string& description) {
    return app.add_option(name, values, description)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

CLI::Option* add_refs(CLI::App& app, bool& refs_from_stdin) {
    return app
        .add_option_function<std::string>(
            "--refs", [&refs_from_stdin](const std::string&) { refs_from_stdin = true; },
            "Read the refs of the messages from stdin, as JSONL")
        ->type_name("-")
        ->check([](const std::string& text) {
            return text == "-" ? std::string() : "takes - only; the refs come from stdin";
        });
}

void add_common_options(CLI::App& app, app::CommonOptions& options) {
    add_choice(app, "--output", options.output, kOutputStyles,
               "Form of the output; auto: table or text on a terminal");
    app.add_flag_callback(
        "--json", [&options] { options.output = app::OutputStyle::jsonl; }, "Short for --output jsonl");
    app.add_flag("-q,--quiet", options.quiet, "Print errors only");
    add_choice(app, "--color", options.color, kWhen, "Colour the output");
    add_choice(app, "--progress", options.progress, kWhen, "Show progress on stderr");
    app.add_flag("--trace", options.trace, "Print the protocol dialogue on stderr, credentials replaced");
}

namespace {

void add_tls_options(CLI::App& app, app::ClientOptions& options, const Choices<app::TlsMode>& modes) {
    add_choice(app, "--tls", options.tls, modes,
               "How TLS is used (default: implicit for imaps, pop3s and smtps URLs, else starttls)");
    app.add_option("--tls-ca", options.tls_ca, "Trust the CA certificates in this PEM file only")
        ->type_name("FILE");
    add_list(app, "--pin-sha256", options.pin_sha256, "PIN",
             "Accept exactly the certificate with this public key (SHA-256, base64 or hex) instead of checking "
             "chain "
             "and name; may be repeated");
    auto* certificate =
        app.add_option("--tls-cert", options.tls_certificate,
                       "Show the server the certificate in this PEM file, which may be the login")
            ->type_name("FILE");
    app.add_option("--tls-key", options.tls_key, "Its private key (default: in the same file)")
        ->type_name("FILE")
        ->needs(certificate);
}

}  // namespace

void add_client_options(CLI::App& app, app::ClientOptions& options, const Choices<app::TlsMode>& tls_modes) {
    auto* ipv4 = app.add_flag_callback(
        "-4", [&options] { options.family = net::AddressFamily::ipv4; }, "Connect over IPv4 only");
    app.add_flag_callback(
           "-6", [&options] { options.family = net::AddressFamily::ipv6; }, "Connect over IPv6 only")
        ->excludes(ipv4);
    app.add_option_function<double>(
           "--timeout",
           [&options](double seconds) {
               options.timeout = std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
           },
           "Give up when the server is silent that long (default 60)")
        ->type_name("SECONDS")
        ->check(CLI::Range(0.001, 86400.0).description(""));
    app.add_option("--proxy", options.proxy, "Connect through this SOCKS or HTTP proxy")->type_name("URL");
    add_tls_options(app, options, tls_modes);
    app.add_flag("--gssapi", options.gssapi, "Log in by the Kerberos ticket of this user");
    app.add_flag("--compress", options.compress, "Compress the connection where the server can (IMAP)");
    app.add_flag("--allow-plaintext-auth", options.allow_plaintext_auth,
                 "With --tls none, send the password to hosts other than this one");
    app.add_option("--user", options.user, "Log in as this user when the URL names none")
        ->type_name("NAME")
        ->check([](const std::string& text) -> std::string {
            if (text.find(':') == std::string::npos) return {};
            return "takes a name only; the password comes from --password-command, --password-file, "
                   "$MAILPIPE_PASSWORD or ~/.netrc";
        });
    app.add_option("--password-command", options.password_command,
                   "Run this shell command; the first line it prints is the password")
        ->type_name("COMMAND");
    app.add_option(
           "--token-command", options.token_command,
           "Run this shell command; the first line it prints is an OAuth 2.0 access token, which takes the "
           "place of the password")
        ->type_name("COMMAND");
    app.add_option("--tunnel", options.tunnel,
                   "Talk to this shell command's stdin and stdout instead of connecting to the host")
        ->type_name("COMMAND");
    app.add_option("--password-file", options.password_file, "The first line of this file is the password")
        ->type_name("FILE");
    app.add_option("--config", options.config_file,
                   "Read accounts and settings from this file (default: $XDG_CONFIG_HOME/mailpipe/config.toml)")
        ->type_name("FILE");
    app.parse_complete_callback([&app, &options] {
        for (const CLI::Option* option : app.get_options()) {
            if (option->count() == 0) continue;
            for (const std::string& name : option->get_lnames())
                options.given.push_back(name);
        }
    });
}

}  // namespace mailpipe::tools

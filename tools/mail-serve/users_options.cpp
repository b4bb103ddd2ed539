#include "tools/mail-serve/users_options.hpp"

#include <cmath>

namespace mailpipe::tools {
namespace {

std::string check_user(const std::string& text) {
    const std::size_t colon = text.find(':');
    if (colon != std::string::npos && colon != 0 && colon + 1 != text.size()) return {};
    return "is not NAME:PASSWORD";
}

void add_commands(CLI::App& app, app::UsersOptions& options) {
    app.add_option("--user-command", options.user_command,
                   "Ask this command about other users: name and password come as two lines on its stdin")
        ->type_name("COMMAND");
    app.add_option("--token-command", options.token_command,
                   "Ask this command whose an OAuth 2.0 token is, which comes on its stdin")
        ->type_name("COMMAND");
}

}  // namespace

void add_users_options(CLI::App& app, app::ServeOptions& options) {
    app.add_option_function<std::vector<std::string>>(
           "--user",
           [&options](const std::vector<std::string>& texts) {
               for (const std::string& text : texts) {
                   const std::size_t colon = text.find(':');
                   options.users.push_back({text.substr(0, colon), Secret(text.substr(colon + 1))});
               }
           },
           "A user, for tests: others may see the password before it is wiped; may be repeated")
        ->type_name("NAME:PASSWORD")
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->allow_extra_args(false)
        ->check(check_user);
    app.add_option("--users", options.users_file,
                   "File of users, NAME:HASH with a crypt(5) hash a line; see mail-serve users")
        ->type_name("FILE");
    add_commands(app, options.users_options);
    app.add_option("--tls-client-ca", options.users_options.client_ca,
                   "Let clients log in with certificates that a CA in this file (PEM) has signed")
        ->type_name("FILE");
    app.add_flag("--allow-cram-md5", options.users_options.allow_cram_md5,
                 "Offer CRAM-MD5, which needs the passwords of all users in the clear");
    app.add_option_function<double>(
           "--failed-login-delay",
           [&options](double seconds) {
               options.users_options.failed_login_delay =
                   std::chrono::milliseconds(static_cast<std::int64_t>(std::lround(seconds * 1000)));
           },
           "Hold back the answer to a failed login that long, doubled with each further one (default: 0.5)")
        ->type_name("SECONDS")
        ->check(CLI::Range(0.0, 60.0).description(""));
}

}  // namespace mailpipe::tools

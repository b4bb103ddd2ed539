#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace mailpipe::app {

// How users of mail-serve log in beside passwords; a part of ServeOptions.
struct UsersOptions {
    std::string user_command;   // judges name and password; empty: none
    std::string token_command;  // judges OAuth 2.0 tokens
    bool allow_cram_md5 = false;
    std::string client_ca;  // PEM; who signs the certificates that clients log in with
    std::chrono::milliseconds failed_login_delay{500};
    std::chrono::milliseconds command_timeout{10'000};
};

}  // namespace mailpipe::app

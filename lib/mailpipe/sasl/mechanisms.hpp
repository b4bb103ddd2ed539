#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "mailpipe/sasl/mechanism.hpp"
#include "mailpipe/sasl/server.hpp"

// The makers that the tables of sasl/mechanism.cpp and sasl/server.cpp list: one source a mechanism, one line in a table.
namespace mailpipe::sasl {

// User and password that no mechanism can turn into a second field or line: no C0 control or DEL in the user,
// no NUL, CR or LF in the password, both valid UTF-8 (RFC 4616 section 2) and neither empty. Error auth.
Result<void> check_credentials(std::string_view user, std::string_view password);

// saslname of RFC 5801 section 4; nullopt for anything but "=2C" and "=3D" behind a "=".
std::optional<std::string> decode_saslname(std::string_view text);

std::unique_ptr<Client> make_plain_client(const Credentials& credentials);
std::unique_ptr<Client> make_login_client(const Credentials& credentials);
std::unique_ptr<Client> make_cram_md5_client(const Credentials& credentials);
std::unique_ptr<Client> make_scram_sha1_client(const Credentials& credentials);
std::unique_ptr<Client> make_scram_sha256_client(const Credentials& credentials);
std::unique_ptr<Client> make_scram_sha1_plus_client(const Credentials& credentials);
std::unique_ptr<Client> make_scram_sha256_plus_client(const Credentials& credentials);
std::unique_ptr<Client> make_oauthbearer_client(const Credentials& credentials);
std::unique_ptr<Client> make_xoauth2_client(const Credentials& credentials);

std::unique_ptr<Client> make_gssapi_client(const Credentials& credentials);
std::unique_ptr<Client> make_external_client(const Credentials& credentials);

std::unique_ptr<Server> make_plain_server(const ServerSettings& settings);
std::unique_ptr<Server> make_login_server(const ServerSettings& settings);
std::unique_ptr<Server> make_cram_md5_server(const ServerSettings& settings);
std::unique_ptr<Server> make_scram_sha1_server(const ServerSettings& settings);
std::unique_ptr<Server> make_scram_sha256_server(const ServerSettings& settings);
std::unique_ptr<Server> make_scram_sha1_plus_server(const ServerSettings& settings);
std::unique_ptr<Server> make_scram_sha256_plus_server(const ServerSettings& settings);
std::unique_ptr<Server> make_oauthbearer_server(const ServerSettings& settings);
std::unique_ptr<Server> make_xoauth2_server(const ServerSettings& settings);
std::unique_ptr<Server> make_external_server(const ServerSettings& settings);

}  // namespace mailpipe::sasl

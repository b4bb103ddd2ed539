#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "mailpipe/sasl/mechanism.hpp"

// The makers that the tables of sasl/mechanism.cpp list: one source a mechanism, one line in a table.
namespace mailpipe::sasl {

// User and password that no mechanism can turn into a second field or line: no C0 control or DEL in the user,
// no NUL, CR or LF in the password, both valid UTF-8 (RFC 4616 section 2) and neither empty. Error auth.
Result<void> check_credentials(std::string_view user, std::string_view password);

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

std::unique_ptr<Server> make_plain_server();
std::unique_ptr<Server> make_login_server();

}  // namespace mailpipe::sasl

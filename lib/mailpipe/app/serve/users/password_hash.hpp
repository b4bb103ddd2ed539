#pragma once

#include <string>

#include "mailpipe/base/error.hpp"
#include "mailpipe/base/secret.hpp"

// Password hashes as in crypt(5), by libxcrypt.
namespace mailpipe::app::serve {

// Of a method that is not broken: traditional DES hashes have no "$", and nearly any text looks like one.
bool is_password_hash(const std::string& text);

// May take a second: not for a loop's thread.
bool matches_password_hash(const Secret& password, const std::string& hash);

// yescrypt with the cost that libxcrypt prefers. Errors: data for a password with NUL, io without randomness.
Result<std::string> make_password_hash(const Secret& password);

}  // namespace mailpipe::app::serve

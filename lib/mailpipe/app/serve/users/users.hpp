#pragma once

#include <map>
#include <string>
#include <string_view>

#include "mailpipe/base/error.hpp"
#include "mailpipe/base/secret.hpp"

namespace mailpipe::app::serve {

class Anybody;

// Who has a mailbox here. Names are matched without regard to case, and are one path component each: no "/", no
// control character or space, no "." in front (threats.md: path traversal by user).
class Users {
 public:
    // Errors: usage for a name that cannot be a user, or is one already.
    Result<void> add(const std::string& name, Secret password);
    // Lines NAME:HASH with a hash of crypt(5); empty lines and lines that begin with "#" are skipped. Error
    // config with file and line.
    Result<void> load(const std::string& path);

    // --test: every name is a user, with whatever password. `anybody` must outlive this.
    void accept_anybody(Anybody* anybody) { anybody_ = anybody; }
    bool is_anybody() const { return anybody_ != nullptr; }

    bool empty() const { return users_.empty() && !is_anybody(); }
    std::size_t size() const { return users_.size(); }
    // The user's name as it was configured; nullptr: there is none.
    const std::string* find(std::string_view name) const;
    const std::string& first() const { return first_; }

    // The user's name when the password is right, else nullptr. May take a second (yescrypt): not for the
    // loop's thread. Safe to call from several threads. An unknown name takes as long as a known one.
    const std::string* verify(std::string_view name, const Secret& password) const;
    // APOP needs the password itself: true when every user has one.
    bool apop_possible() const;
    const std::string* verify_apop(std::string_view name, std::string_view timestamp,
                                   std::string_view digest) const;

 private:
    struct User {
        std::string name;
        Secret password;  // one of the two
        std::string hash;
    };
    Result<void> insert(User user);

    std::map<std::string, User> users_;  // by lower-case name
    std::string first_;
    Anybody* anybody_ = nullptr;
};

}  // namespace mailpipe::app::serve

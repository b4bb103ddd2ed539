#pragma once

#include <array>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/app/serve/users/user_record.hpp"

namespace mailpipe::app::serve {

class Anybody;

inline constexpr std::size_t kUsersFile = 64U << 20;  // octets of --users

// Who has a mailbox here. Names are matched without regard to case. Once it is filled, any number of threads may ask.
class Users {
 public:
    // Errors: usage for a name that cannot be a user, or is one already.
    Result<void> add(const std::string& name, Secret password);
    // The file's lines (parse_user_line()); empty lines and comments are skipped. Only the owner may write it, and others
    // than owner and group may not read it. Error config with file and line.
    Result<void> load(const std::string& path);
    // Further users, whose names are lower case: those for whom `exists` holds. For --user-command.
    void also(std::function<bool(const std::string& name)> exists) { also_ = std::move(exists); }

    // --test: every name is a user, with whatever password. `anybody` must outlive this.
    void accept_anybody(Anybody* anybody) { anybody_ = anybody; }
    bool is_anybody() const { return anybody_ != nullptr; }

    bool empty() const { return users_.empty() && !also_ && !is_anybody(); }
    std::size_t size() const { return users_.size(); }
    // The user's name as it was configured.
    std::optional<std::string> find(std::string_view name) const;
    const std::string& first() const { return first_; }
    std::vector<std::string> names() const;  // of those that are listed, as they were configured

    // What all users can log in by, so that a client that chooses it does not fail where it need not.
    struct Abilities {
        bool digests = false;  // APOP, CRAM-MD5: the passwords themselves are known
        bool scram_sha1 = false;
        bool scram_sha256 = false;
    };
    Abilities abilities() const;

    // The user's name when the password is right. May take a second (yescrypt): not for a loop's thread. An unknown name
    // takes as long as a known one.
    std::optional<std::string> verify(std::string_view name, const Secret& password) const;
    // The name when the password is there and `right` of it.
    std::optional<std::string> verify_digest(std::string_view name,
                                             const std::function<bool(const Secret& password)>& right) const;
    // Those of the user; for one who is unknown, or has none, keys that no password fits, the same at each call and after
    // a restart with the same file. The first call for users with passwords computes: not for a loop's thread.
    sasl::ScramKeys scram_keys(std::string_view name, sasl::ScramHash hash) const;

 private:
    using Table = std::map<std::string, UserRecord>;  // by lower-case name
    using MadeKeys = std::map<std::string, sasl::ScramKeys>;

    Result<void> insert(UserRecord user);
    void judge_abilities();
    std::string made_salt(const std::string& key) const;
    void make_keys(sasl::ScramHash hash, MadeKeys& made) const;

    Table users_;
    Anybody* anybody_ = nullptr;
    std::string first_;
    Abilities abilities_;
    std::string salting_;  // secret: makes the salts of those who have none
    std::function<bool(const std::string& name)> also_;
    mutable std::mutex making_;
    mutable std::array<std::optional<MadeKeys>, 2> made_;  // by ScramHash: of the users with passwords
};

}  // namespace mailpipe::app::serve

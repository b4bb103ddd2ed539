#pragma once

#include <string>
#include <string_view>

#include "mailpipe/index/account.hpp"

namespace mailpipe::app::serve {

inline constexpr std::string_view kAllRights = "lrswipkxtea";

// Rights of one user on one mailbox (RFC 4314 section 2.1).
class Rights {
 public:
    Rights() = default;
    explicit Rights(std::string_view letters) : letters_(letters) {}

    bool lookup() const { return has('l'); }
    bool read() const { return has('r'); }
    bool keep_seen() const { return has('s'); }
    bool write() const { return has('w'); }  // flags but \Seen and \Deleted
    bool insert() const { return has('i'); }
    bool create() const { return has('k'); }
    bool remove_mailbox() const { return has('x'); }
    bool mark_deleted() const { return has('t'); }
    bool expunge() const { return has('e'); }
    bool administer() const { return has('a'); }
    bool may_change_something() const {
        return keep_seen() || write() || mark_deleted() || expunge() || insert();
    }

    // RFC 4314 section 4: one of "lrikxa".
    bool may_know_of_it() const {
        return lookup() || read() || insert() || create() || remove_mailbox() || administer();
    }

    const std::string& letters() const { return letters_; }

 private:
    bool has(char letter) const { return letters_.find(letter) != std::string::npos; }

    std::string letters_;  // in the order of kAllRights
};

// What an ACL gives to a user who does not own the mailbox: his own entry and that of "anyone", less those of "-USER" and
// "-anyone".
Rights effective_rights(const index::Account::Acl& acl, std::string_view user);
// `letters` without those that are no rights, each once, in the order of kAllRights; "c" and "d" of RFC 2086 stand for "kx"
// and "te".
std::string normal_rights(std::string_view letters);
// Whether all of them are rights.
bool are_rights(std::string_view letters);

}  // namespace mailpipe::app::serve

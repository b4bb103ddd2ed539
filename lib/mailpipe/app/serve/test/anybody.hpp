#pragma once

#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "mailpipe/smtp/types.hpp"

namespace mailpipe::app::serve {

struct StoreLayout;

// The mailboxes of a server for which every address is one: each recipient has the mailbox mailbox_name(address). From
// any thread; references stay valid as long as this lives.
class Anybody {
 public:
    // The mailboxes that are in the store are known.
    explicit Anybody(const StoreLayout& store);

    const std::string& of_recipient(const smtp::Mailbox& recipient);
    // "bob@example.org" has that mailbox; "bob" the first one that a recipient with this local part got, whatever its
    // domain, or an empty one.
    const std::string& of_login(std::string_view name);

 private:
    const std::string& keep(std::string name);

    std::mutex mutex_;
    std::set<std::string, std::less<>> names_;
    std::vector<const std::string*> order_;  // of recipients
};

// One path component: lower case, "/", "%", ":", white space, control characters and a "." in front as %XX (threats.md:
// path traversal by user).
std::string mailbox_name(std::string_view address);

// The mailboxes that are there, sorted.
std::vector<std::string> mailboxes_of(const StoreLayout& store);

}  // namespace mailpipe::app::serve

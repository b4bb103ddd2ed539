#pragma once

#include <string>
#include <vector>

#include "mailpipe/app/aliases.hpp"

namespace mailpipe::app {

// The aliases file and the domain of local names.
class AddressBook {
 public:
    // `file` empty: /etc/aliases, which need not be there. Errors: config.
    static Result<AddressBook> open(const std::string& file, const std::string& domain);

    // Errors: those of Aliases::expand().
    Result<std::vector<smtp::Mailbox>> expand(const std::string& address) const;

 private:
    explicit AddressBook(Aliases aliases) : aliases_(std::move(aliases)) {}

    Aliases aliases_;
};

}  // namespace mailpipe::app

#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/smtp/types.hpp"

namespace mailpipe::app {

// What local names stand for, in the syntax of aliases(5):
//
//     name: value, value ...     name = a local part in any case, or a quoted one; a line that begins with a space or
//     # comment                  a tab goes on with the one before
//     value = address / local-name / "\" local-name / ":include:" path
//
// A name that stands for itself, or has a "\" before it, is an address. Commands ("|...") and files ("/...") are
// refused: this program delivers to servers only.
class Aliases {
 public:
    using FileReader = std::function<Result<std::string>(const std::string& path)>;

    // Without names. A local name has this domain.
    explicit Aliases(std::string domain) : domain_(std::move(domain)) {}
    // `file` is for the errors: config "FILE:LINE: what is wrong". Limit: kAliasesFile. A name that is there twice has the
    // values of the last.
    static Result<Aliases> parse(std::string_view text, const std::string& file, std::string domain);

    // The mailboxes that one address stands for, each once. `read_file` reads what is included. Errors: config, with the
    // name of the alias, for a value that is none, a command, a file, what cannot be read, and names nested deeper than
    // kAliasDepth, and where nobody is left; data for an address that is none.
    Result<std::vector<smtp::Mailbox>> expand(std::string_view address, const FileReader& read_file) const;

 private:
    struct Expansion;
    Result<void> expand_into(Expansion& expansion, std::string_view address, std::size_t depth) const;
    Result<void> include(Expansion& expansion, const std::string& path, std::size_t depth) const;

    std::string domain_;
    std::map<std::string, std::vector<std::string>> names_;  // in lower case
};

}  // namespace mailpipe::app

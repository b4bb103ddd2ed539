#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/smtp/types.hpp"

namespace mailpipe::app {

// Whose addresses these are.
struct AliasScope {
    // Of the names without a domain; a local name of a value has the first. Never empty.
    std::vector<std::string> domains;
    // Octets that may stand between a name and a detail: where nothing has the whole of alice+lists, it is alice. Empty: none.
    std::string detail_separators = {};
    // Who has a mailbox, by just this address, and needs no catch-all; none: there are none of these.
    std::function<bool(const smtp::Mailbox& mailbox)> exists = {};
};

// alice of alice+lists; nullopt where there is no detail behind a name.
std::optional<smtp::Mailbox> without_detail(const smtp::Mailbox& mailbox, std::string_view separators);

// What names stand for, in the syntax of aliases(5):
//
//     name: value, value ...     name = a local part in any case, or a quoted one; an address; or "@" domain, for who does
//     # comment                  not exist there. A line that begins with a space or a tab goes on with the one before
//     value = address / local-name / "\" local-name / ":include:" path
//
// A name that stands for itself, or has a "\" before it, is an address. Commands ("|...") and files ("/...") are
// refused: this program delivers to servers only.
class Aliases {
 public:
    using FileReader = std::function<Result<std::string>(const std::string& path)>;

    // Without names.
    explicit Aliases(AliasScope scope) : scope_(std::move(scope)) {}
    // `file` is for the errors: config "FILE:LINE: what is wrong". Limit: kAliasesFile. A name that is there twice has the
    // values of the last.
    static Result<Aliases> parse(std::string_view text, const std::string& file, AliasScope scope);

    // Puts the values of included files, and of those that they include, in their place: expand() reads none any more.
    // Errors: config, as those of expand().
    Result<void> read_included(const FileReader& read_file);

    bool has(const smtp::Mailbox& mailbox) const { return find(mailbox) != names_.end(); }
    // Whom they are about: each as it is written there, in lower case.
    std::vector<std::string> names() const;

    // The mailboxes that one address stands for, each once. `read_file` reads what is included. Errors: config, with the
    // name of the alias, for a value that is none, a command, a file, what cannot be read, and names nested deeper than
    // kAliasDepth, and where nobody is left; data for an address that is none.
    Result<std::vector<smtp::Mailbox>> expand(std::string_view address, const FileReader& read_file) const;

 private:
    struct Expansion;
    Result<void> expand_into(Expansion& expansion, std::string_view address, std::size_t depth) const;
    Result<void> include(Expansion& expansion, const std::string& path, std::size_t depth) const;

    using Names = std::map<std::string, std::vector<std::string>>;  // in lower case
    Names::const_iterator find(const smtp::Mailbox& mailbox) const;
    Names::const_iterator find_name(const std::string& local_part, const std::string& domain) const;

    AliasScope scope_;
    Names names_;
};

}  // namespace mailpipe::app

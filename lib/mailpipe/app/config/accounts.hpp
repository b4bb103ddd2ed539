#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mailpipe/app/config/config.hpp"
#include "mailpipe/app/diagnostics.hpp"
#include "mailpipe/app/location.hpp"

namespace mailpipe::app::config {

// What a location of the command line names.
struct Located {
    std::string text;  // for errors: as it was typed, or the URL of an account's source
    Location location;
};

// What a command's locations name, and how each is reached: by the command line, else its account, else the section
// of its host, else the defaults of accounts. A URL or ref that no account was named for belongs to the first
// account that has a source or a server with the same scheme, user, host and port, as far as it says how to connect:
// a ref that came out of an account goes back to it. The file is read when it is first needed: what touches no server and no account does not depend
// on it.
class Accounts {
 public:
    // Both outlive this.
    Accounts(const ClientOptions& command_line, Diagnostics& diagnostics)
        : command_line_(command_line), diagnostics_(diagnostics) {}

    // "@NAME": the sources of the account; "@NAME/MAILBOX": the same with this mailbox, percent-encoded as in a
    // URL, or a message; "@all": the sources of all accounts, in the order of the file; else the text itself is one
    // location. What is wrong is reported, as kind config or as parse_location() has it, and left out.
    std::vector<Located> locate_all(const std::vector<std::string>& texts);
    // The same for where only one can stand: the error is returned; it is kReported where it was reported. Error usage
    // when there are several.
    Result<Location> locate_one(const std::string& text);
    // The server of "@NAME", else the location itself. The same errors.
    Result<Location> locate_server(const std::string& text);

    // How to connect. Error config, kReported, when the file cannot be used.
    Result<ClientOptions> client(const Location& location);
    // The same of a server that mail is delivered to, beside `base`: what the command line says of the source is not for
    // it. With a password of its own it needs none of ~/.netrc.
    Result<ClientOptions> destination(const Location& location, ClientOptions base);
    // All that is set for it; `command_line` is what holds for it without a file.
    Result<Settings> settings(const Location& location, Settings command_line);

 private:
    bool load();
    void locate(const std::string& text, std::vector<Located>& found);
    Result<const Account*> account(std::string_view name) const;
    Result<std::vector<const Account*>> accounts_of(std::string_view name) const;
    static Result<Location> place_of(const Account& account, const std::string& source,
                                     const std::string* mailbox);
    const Account* owner(const Location& location) const;
    Section section_of(const Account* account, const std::string& host) const;
    std::string user_of(const Account& account, const Location& location) const;

    const ClientOptions& command_line_;
    Diagnostics& diagnostics_;
    std::optional<Config> config_;
    bool failed_ = false;
};

}  // namespace mailpipe::app::config

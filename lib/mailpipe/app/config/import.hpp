#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/app/config/dialect.hpp"
#include "mailpipe/base/error.hpp"

// The configuration of other programs as config.toml. What has no equivalent becomes a comment that says so. No
// password gets through, and no word that was not understood, since that may be a piece of one: the line is named.
namespace mailpipe::app::config {

// Accounts as they are collected, and the text they become. Whatever goes in, parse_config() accepts the text.
class Import {
 public:
    class Account {
     public:
        explicit Account(std::string name) : name_(std::move(name)) {}

        // A key with its value. One that config.toml does not take becomes a comment.
        void set(std::string_view key, const std::string& text);
        void set(std::string_view key, const std::vector<std::string>& texts);
        void set_flag(std::string_view key, bool flag);
        // A command to connect through. Without it the account would connect to another place.
        void set_tunnel(const std::string& command);
        void set_number(std::string_view key, std::uint64_t number);
        void note(std::string text);
        void note_password();
        void note_without(std::string_view option, std::string_view why = "");
        // All of it becomes a comment: the program would not have fetched from it, or mail-fetch cannot.
        void disable(std::string why);

        bool has(std::string_view key) const;
        const std::string& name() const { return name_; }

     private:
        friend class Import;
        struct Line {
            std::string key;      // empty: a comment
            std::string literal;  // TOML
        };
        void put(std::string_view key, std::string literal);

        std::string name_;
        std::vector<Line> lines_;
        bool disabled_ = false;
    };

    // Its name is made one that config.toml takes, and that no other has. It stays where it is.
    Account& add(const std::string& name);
    // A comment at the head of the file.
    void note(std::string text);
    std::string text() const;

 private:
    std::vector<std::string> notes_;
    std::vector<std::unique_ptr<Account>> accounts_;
};

// "imaps://user@host:port/mailbox", percent-encoded; without the port when it is 0.
std::string make_url(std::string_view scheme, std::string_view user, std::string_view host, std::uint64_t port,
                     std::string_view mailbox = "");
// Arguments as a command for sh -c.
std::string shell_command(const std::vector<std::string>& arguments);
// "maildir:PATH" or "mbox:PATH", percent-encoded.
std::string make_store(std::string_view scheme, std::string_view path);

void import_fetchmailrc(std::string_view text, Import& import);
void import_getmailrc(std::string_view text, Import& import);
void import_mpoprc(std::string_view text, Import& import);
void import_mbsyncrc(std::string_view text, Import& import);
void import_msmtprc(std::string_view text, Import& import);

// The text of config.toml. Error limit: kConfigFile.
Result<std::string> import_config(Dialect dialect, std::string_view text);

}  // namespace mailpipe::app::config

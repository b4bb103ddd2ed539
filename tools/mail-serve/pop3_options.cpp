#include "tools/mail-serve/pop3_options.hpp"

namespace mailpipe::tools {

void add_pop3_options(CLI::App& app, app::Pop3Options& options) {
    app.add_option_function<std::string>(
           "--pop3-uidl", [&options](const std::string& text) { options.keep_former_uidls = text == "auto"; },
           "auto: messages that Dovecot or Courier served from this Maildir keep their UIDLs; own: not "
           "(default: auto)")
        ->type_name("auto|own")
        ->check(CLI::IsMember({"auto", "own"}).description(""));
    app.add_option("--pop3-expire", options.expire_days,
                   "Remove messages so many days after their arrival, at the next login (default: never)")
        ->type_name("DAYS")
        ->check(CLI::Range(1, 36500).description(""));
    app.add_option("--pop3-login-delay", options.login_delay_seconds,
                   "Refuse a user's POP3 login that comes sooner after the one before (default: 0)")
        ->type_name("SECONDS")
        ->check(CLI::Range(0, 86400).description(""));
}

}  // namespace mailpipe::tools

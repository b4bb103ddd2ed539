#include "tools/mail-serve/index_command.hpp"

#include "tools/common/command.hpp"

namespace mailpipe::tools {
namespace {

using Verb = app::ManageIndexOptions::Verb;

constexpr const char* kExamples =
    "  mail-serve index check /srv/mail/alice\n"
    "      Say what is wrong with the index of alice's mailboxes.\n"
    "  mail-serve index rebuild /srv/mail/*\n"
    "      Make all indexes again, with the UIDs that the messages have.\n";

}  // namespace

std::unique_ptr<CLI::App> make_index_app(app::ManageIndexOptions& options) {
    auto app = make_app("mail-serve index", "Look after what IMAP keeps beside the messages.", kExamples);
    app->add_option_function<std::string>(
           "VERB",
           [&options](const std::string& text) {
               options.verb = text == "check" ? Verb::check : Verb::rebuild;
           },
           "check or rebuild")
        ->required()
        ->check(CLI::IsMember({"check", "rebuild"}).description(""));
    app->add_option("MAILDIR", options.maildirs, "Maildirs of users")->required();
    app->add_flag("-q,--quiet", options.quiet, "Print what is wrong only");
    return app;
}

}  // namespace mailpipe::tools

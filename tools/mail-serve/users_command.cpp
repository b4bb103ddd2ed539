#include "tools/mail-serve/users_command.hpp"

#include <array>
#include <utility>

#include "tools/common/command.hpp"

namespace mailpipe::tools {
namespace {

using Verb = app::ManageUsersOptions::Verb;

constexpr const char* kExamples =
    "  mail-serve users add --users /etc/mail-serve.users alice\n"
    "      Ask for a password, and add alice to the file.\n"
    "  pwgen 20 1 | tee secret | mail-serve users passwd --users /etc/mail-serve.users alice\n"
    "      Give alice a new password, which is the first line of standard input.\n";

constexpr std::array kVerbs{std::pair{"add", Verb::add}, std::pair{"passwd", Verb::passwd},
                            std::pair{"remove", Verb::remove}, std::pair{"list", Verb::list}};

}  // namespace

std::unique_ptr<CLI::App> make_users_app(app::ManageUsersOptions& options) {
    auto app = make_app("mail-serve users", "Change the file of users of mail-serve.", kExamples);
    app->add_option_function<std::string>(
           "VERB",
           [&options](const std::string& text) {
               for (const auto& verb : kVerbs) {
                   if (text == verb.first) options.verb = verb.second;
               }
           },
           "add, passwd, remove or list")
        ->required()
        ->check(CLI::IsMember({"add", "passwd", "remove", "list"}).description(""));
    auto* name = app->add_option("NAME", options.name, "The user, but for list");
    app->add_option("--users", options.file, "The file")->type_name("FILE")->required();
    app->add_flag("!--no-scram", options.scram, "Keep no keys for SCRAM beside the hash of the password");
    app->add_flag("-q,--quiet", options.quiet, "Print errors only");
    app->callback([&options, name] {
        if ((options.verb == Verb::list) == (name->count() > 0)) {
            throw CLI::ValidationError(options.verb == Verb::list ? "list takes no name"
                                                                  : "the name of the user is missing");
        }
    });
    return app;
}

}  // namespace mailpipe::tools

#include <string_view>

#include "mailpipe/app/serve/serve.hpp"
#include "tools/common/command.hpp"
#include "tools/mail-serve/index_command.hpp"
#include "tools/mail-serve/options.hpp"
#include "tools/mail-serve/users_command.hpp"

int main(int argc, char** argv) {
    using namespace mailpipe;
    if (argc > 1 && std::string_view(argv[1]) == "wait-for") {
        app::WaitForOptions options;
        const auto command = tools::make_wait_for_app(options);
        return tools::run_command(*command, argc - 1, argv + 1,
                                  [&options] { return app::run_wait_for(options); });
    }
    if (argc > 1 && std::string_view(argv[1]) == "index") {
        app::ManageIndexOptions options;
        const auto command = tools::make_index_app(options);
        return tools::run_command(*command, argc - 1, argv + 1,
                                  [&options] { return app::run_manage_index(options); });
    }
    if (argc > 1 && std::string_view(argv[1]) == "users") {
        app::ManageUsersOptions options;
        const auto command = tools::make_users_app(options);
        return tools::run_command(*command, argc - 1, argv + 1,
                                  [&options] { return app::run_manage_users(options); });
    }
    app::ServeOptions options;
    const auto command = tools::make_serve_app(options);
    const auto run = [&options] { return app::run_serve(options); };
    return tools::run_command(*command, argc, argv, run, {"--user"});
}

#pragma once

#include <CLI/CLI.hpp>
#include <memory>

#include "mailpipe/app/serve/users/manage_users.hpp"

namespace mailpipe::tools {

// The command line of "mail-serve users", from "users" on; `options` is filled by parsing and must outlive the App.
std::unique_ptr<CLI::App> make_users_app(app::ManageUsersOptions& options);

}  // namespace mailpipe::tools

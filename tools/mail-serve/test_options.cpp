#include "tools/common/shared_options.hpp"
#include "tools/mail-serve/options.hpp"

namespace mailpipe::tools {

void add_test_options(CLI::App& app, app::ServeTestOptions& test) {
    app.add_flag(
        "--test", test.enabled,
        "For tests: every recipient and login, a temporary store, sockets on free ports of 127.0.0.1 with a "
        "self-signed certificate, events on stdout; each but the first may be given otherwise");
    app.add_option("--ports-file", test.ports_file,
                   "When ready, write the URL and port of each socket here, as NAME=VALUE for a shell; removed "
                   "at the end")
        ->type_name("FILE");
    add_list(app, "--exit-after", test.exit_after, "WHEN",
             "End with status 0 after 3-messages, 30s, or idle:5s without a connection; may be repeated");
}

}  // namespace mailpipe::tools

#include "mailpipe/app/serve/serve.hpp"
#include "tools/common/command.hpp"
#include "tools/mail-serve/options.hpp"

int main(int argc, char** argv) {
    mailpipe::app::ServeOptions options;
    const auto app = mailpipe::tools::make_serve_app(options);
    const auto run = [&options] { return mailpipe::app::run_serve(options); };
    return mailpipe::tools::run_command(*app, argc, argv, run, {"--user"});
}

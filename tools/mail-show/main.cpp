#include "mailpipe/app/show/show.hpp"
#include "tools/common/command.hpp"
#include "tools/mail-show/options.hpp"

int main(int argc, char** argv) {
    mailpipe::app::ShowOptions options;
    const auto app = mailpipe::tools::make_show_app(options);
    return mailpipe::tools::run_command(*app, argc, argv,
                                        [&options] { return mailpipe::app::run_show(options); });
}

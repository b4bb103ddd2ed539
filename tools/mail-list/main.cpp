#include "mailpipe/app/list/list.hpp"
#include "tools/common/command.hpp"
#include "tools/mail-list/options.hpp"

int main(int argc, char** argv) {
    mailpipe::app::ListOptions options;
    const auto app = mailpipe::tools::make_list_app(options);
    return mailpipe::tools::run_command(*app, argc, argv,
                                        [&options] { return mailpipe::app::run_list(options); });
}

#include "mailpipe/app/send/send.hpp"
#include "tools/common/command.hpp"
#include "tools/mail-send/options.hpp"

int main(int argc, char** argv) {
    mailpipe::app::SendOptions options;
    const auto app = mailpipe::tools::make_send_app(options);
    return mailpipe::tools::run_command(*app, argc, argv,
                                        [&options] { return mailpipe::app::run_send(options); });
}

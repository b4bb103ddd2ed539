#include <string_view>

#include "mailpipe/app/send/send.hpp"
#include "mailpipe/app/send/sendmail.hpp"
#include "tools/common/command.hpp"
#include "tools/mail-send/options.hpp"

namespace {

std::string base_name(std::string_view path) {
    return std::string(path.substr(path.rfind('/') + 1));
}

}  // namespace

// Also run as sendmail, mailq and newaliases, by a link or as the first argument.
int main(int argc, char** argv) {
    for (int i = 0; i < 2 && i < argc; ++i) {
        const std::string name = base_name(argv[i]);
        if (mailpipe::app::is_sendmail_name(name) && (i == 0 || name == argv[i]))
            return mailpipe::app::run_sendmail(name, {argv + i + 1, argv + argc});
    }
    mailpipe::app::SendOptions options;
    const auto app = mailpipe::tools::make_send_app(options);
    return mailpipe::tools::run_command(*app, argc, argv,
                                        [&options] { return mailpipe::app::run_send(options); });
}

#include "mailpipe/app/fetch/fetch.hpp"
#include "tools/common/command.hpp"
#include "tools/mail-fetch/options.hpp"

int main(int argc, char** argv) {
    mailpipe::app::FetchOptions options;
    const auto app = mailpipe::tools::make_fetch_app(options);
    return mailpipe::tools::run_command(*app, argc, argv,
                                        [&options] { return mailpipe::app::run_fetch(options); });
}

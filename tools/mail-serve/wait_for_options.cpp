#include <memory>

#include "tools/common/command.hpp"
#include "tools/common/shared_options.hpp"
#include "tools/mail-serve/options.hpp"

namespace mailpipe::tools {
namespace {

constexpr const char* kExamples =
    "  mail-serve wait-for --ports-file ports --search 'TO bob SUBJECT hello' --print json\n"
    "      The first message that matches, when it comes.\n"
    "  mail-serve wait-for --ports-file ports --ready\n"
    "      Until the server can be reached.\n";

const Choices<app::WaitForOptions::Print> kPrint{{"json", app::WaitForOptions::Print::json},
                                                 {"raw", app::WaitForOptions::Print::raw},
                                                 {"ref", app::WaitForOptions::Print::ref},
                                                 {"none", app::WaitForOptions::Print::none}};

}  // namespace

std::unique_ptr<CLI::App> make_wait_for_app(app::WaitForOptions& options) {
    auto app = make_app("mail-serve wait-for", "Wait until messages have come to a server.", kExamples);
    auto* store = app->add_option("--store", options.store, "The store of the server, as it has it")
                      ->type_name("maildir:ROOT/%u");
    auto* ports =
        app->add_option("--ports-file", options.ports_file,
                        "The server's file of that name, which says where the store is; it may come later")
            ->type_name("FILE");
    store->excludes(ports);
    app->add_flag("--ready", options.ready, "Wait for that file only")->needs(ports);
    add_list(*app, "--mailbox", options.mailboxes, "NAME",
             "Look into the mailbox of this address, or of these with this local part; may be repeated "
             "(default: all)");
    app->add_option("--search", options.search,
                    "SEARCH keys that the message must match (default: any message)")
        ->type_name("KEYS");
    app->add_option("--count", options.count, "Wait for so many messages (default: 1)")
        ->type_name("N")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000}).description(""));
    add_parsed(*app, "--timeout", options.timeout, app::parse_wait_time, "TIME",
               "Give up with status 75 after so long, such as 500ms or 2m (default: 10s)");
    add_choice(*app, "--print", options.print, kPrint, "What to print of each message (default: json)");
    app->add_flag("-q,--quiet", options.common.quiet, "Print errors only");
    app->final_callback([&options] {
        if (options.store.empty() && options.ports_file.empty())
            throw CLI::ValidationError("--ports-file", "or --store is required");
    });
    return app;
}

}  // namespace mailpipe::tools

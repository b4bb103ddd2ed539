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
             "End with status 0 after 3-messages, 30s, idle:5s without a connection, or idle: none any more; "
             "may be repeated");
    add_list(app, "--without", test.without, "NAME,...",
             "Neither announce nor know these capabilities, such as PIPELINING,UIDL; may be repeated");
    add_list(app, "--fault", test.faults, "FAULT",
             "Go wrong as mail-faults(5) says: 'smtp rcpt to=*@full.example reply=\"452 4.2.2 Full\"'; may be "
             "repeated");
    app.add_option("--faults-file", test.faults_file, "The same, one a line")->type_name("FILE");
    app.add_option("--fault-seed", test.fault_seed,
                   "What probability= in faults depends on (default: an event says)")
        ->type_name("NUMBER");
    app.add_option("--record", test.record, "Write the dialogues here, passwords replaced, for --replay")
        ->type_name("FILE");
    app.add_option(
           "--replay", test.replay,
           "Play the server's part of these dialogues, one a connection, then end; 65 when a client differs")
        ->type_name("FILE");
}

}  // namespace mailpipe::tools

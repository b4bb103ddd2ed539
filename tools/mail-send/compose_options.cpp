#include "tools/mail-send/compose_options.hpp"

#include <cstdlib>
#include <string>

#include "tools/common/shared_options.hpp"

namespace mailpipe::tools {
namespace {

// "10/s", "30/m", "1000/h" as messages a second; 0 for anything else.
double parse_rate(const std::string& text) {
    char* end = nullptr;
    const double count = std::strtod(text.c_str(), &end);
    const std::string unit = end;
    if (!(count > 0 && count <= 1e6)) return 0;
    if (unit == "/s") return count;
    if (unit == "/m") return count / 60;
    return unit == "/h" ? count / 3600 : 0;
}

}  // namespace

void add_compose_options(CLI::App& app, app::SendOptions& options) {
    app::ComposeOptions& compose = options.compose;
    add_list(app, "--to", compose.to, "ADDRESSES", "Write a message to these; it is sent to them as well");
    add_list(app, "--cc", compose.cc, "ADDRESSES", "Copies to these");
    add_list(app, "--bcc", compose.bcc, "ADDRESSES", "Copies to these, which nobody sees");
    app.add_option("--subject", compose.subject, "Subject of the message")->type_name("TEXT");
    app.add_option("--text", compose.text_file, "Its text, UTF-8; - is stdin")->type_name("FILE");
    app.add_option("--html", compose.html_file, "Its text as HTML; with --text an alternative to that")
        ->type_name("FILE");
    add_list(app, "--attach", compose.attachments, "FILE", "Attach this file; may be repeated");
    add_list(app, "--inline", compose.inlines, "FILE",
             "Put this file beside the HTML, which shows it as cid:NAME; may be repeated");
    add_list(app, "--header", compose.headers, "'NAME: VALUE'", "One more header field; may be repeated");
    app.add_option(
           "--merge", compose.merge_file,
           "Write a message for each object of this JSONL file; {{KEY}} in the options and texts is its value")
        ->type_name("FILE");
    app.add_option_function<std::string>(
           "--rate", [&options](const std::string& text) { options.rate = parse_rate(text); },
           "Send at most N messages a second, minute or hour")
        ->type_name("N/s|N/m|N/h")
        ->check([](const std::string& text) {
            return parse_rate(text) > 0 ? std::string() : "'" + text + "' is no rate such as 10/s";
        });
    app.add_option("--fcc", options.fcc.location, "Keep a copy of each message that was sent in this mailbox")
        ->type_name("LOCATION");
    app.add_flag("--retry-fcc", options.fcc.retry, "Make the copies that could not be made, and send nothing");
}

void check_compose_options(const app::SendOptions& options) {
    if (!options.fcc.location.empty() && options.queue.action == app::QueueOptions::Action::add)
        throw CLI::ExcludesError("--fcc", "--queue");
    if (!options.compose.active()) return;
    if (options.from_json) throw CLI::ExcludesError("--from-json", "--to, --subject and the like");
    if (options.refs_from_stdin) throw CLI::ExcludesError("--refs", "--to, --subject and the like");
    if (options.compose.text_file == "-" && options.compose.merge_file == "-")
        throw CLI::ValidationError("--text and --merge cannot both read stdin");
}

}  // namespace mailpipe::tools

#include "tools/mail-show/options.hpp"

#include "tools/common/command.hpp"
#include "tools/common/shared_options.hpp"

namespace mailpipe::tools {
namespace {

constexpr const char* kExamples =
    "  mail-show < message.eml\n"
    "      The main headers and the text.\n"
    "  mail-show message.eml --json | jq .bodyStructure\n"
    "      The message as a JMAP Email object.\n"
    "  mail-show message.eml --part 2 > report.pdf\n"
    "      The octets of one part.\n"
    "  mail-list maildir:Mail --search 'SUBJECT report' --json | mail-show --refs - --headers\n"
    "      The headers of the messages that were found.\n";

}  // namespace

std::unique_ptr<CLI::App> make_show_app(app::ShowOptions& options) {
    auto app = make_app("mail-show", "Decode messages to text, to JSON, or one part to its octets.", kExamples);
    auto* locations = add_arguments(*app, "LOCATION", options.locations,
                                    "A message file, a ref, maildir:PATH, mbox:PATH, a URL, or - for stdin "
                                    "(default: stdin)");
    add_refs(*app, options.refs_from_stdin)->excludes(locations);
    auto* text = app->add_flag_callback(
        "--text", [&options] { options.what = app::ShowWhat::text; }, "Main headers and text (the default)");
    auto* headers = app->add_flag_callback(
        "--headers", [&options] { options.what = app::ShowWhat::headers; }, "All header fields, decoded");
    auto* part = app->add_option("--part", options.part,
                                 "Write the decoded octets of this part, numbered as in IMAP: 1, 2.1, ...");
    part->type_name("N");
    add_common_options(*app, options.common);
    add_client_options(*app, options.client);
    auto* json = app->get_option("--json");
    json->description("A JMAP Email object a line; short for --output jsonl");
    text->excludes(headers)->excludes(part)->excludes(json);
    headers->excludes(part)->excludes(json);
    part->excludes(json);
    app->final_callback([&options, part] {
        if (part->count() != 0) options.what = app::ShowWhat::part;
        if (options.common.output != app::OutputStyle::jsonl) return;
        if (options.what != app::ShowWhat::text) {
            throw CLI::ExcludesError("--output jsonl",
                                     options.what == app::ShowWhat::part ? "--part" : "--headers");
        }
        options.what = app::ShowWhat::json;
    });
    return app;
}

}  // namespace mailpipe::tools

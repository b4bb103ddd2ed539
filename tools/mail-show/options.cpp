#include "tools/mail-show/options.hpp"

#include <algorithm>

#include "tools/common/command.hpp"
#include "tools/common/shared_options.hpp"

namespace mailpipe::tools {
namespace {

constexpr const char* kExamples =
    "  mail-show < message.eml\n"
    "      The main headers and the text.\n"
    "  mail-show message.eml --header From --header Subject --width 72\n"
    "      Two headers and the text, wrapped.\n"
    "  mail-show message.eml --json | jq .bodyStructure\n"
    "      The message as a JMAP Email object.\n"
    "  mail-show message.eml --part 2 > report.pdf\n"
    "      The octets of one part.\n"
    "  mail-list maildir:Mail --search 'SUBJECT report' --json | mail-show --refs - --headers\n"
    "      The headers of the messages that were found.\n";

// field-name of RFC 5322 section 3.6.8.
std::string is_field_name(const std::string& text) {
    const bool printable =
        std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F && c != ':'; });
    return printable && !text.empty() ? std::string() : "takes the name of a header field, without a colon";
}

// Of text; --header, which no other view takes.
CLI::Option* add_layout_options(CLI::App& app, app::ShowOptions& options) {
    auto* fields = add_list(app, "--header", options.fields, "NAME",
                            "Show this field above the text instead of the main ones; may be repeated");
    fields->check(is_field_name);
    app.add_option("--width", options.width,
                   "Wrap text at this many columns; 0: not at all (default: those of the terminal)")
        ->type_name("COLUMNS")
        ->check(CLI::Range(0, 1000).description(""));
    add_choice(app, "--pager", options.pager, kWhen, "Show text through $MAILPIPE_PAGER, $PAGER or less");
    return fields;
}

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
    auto* structure = app->add_flag_callback(
        "--structure", [&options] { options.what = app::ShowWhat::structure; }, "The tree of parts, drawn");
    auto* raw = app->add_flag_callback(
        "--raw", [&options] { options.what = app::ShowWhat::raw; }, "The message, octet for octet");
    auto* part = app->add_option("--part", options.part,
                                 "Write the decoded octets of this part: its number as in IMAP (1, 2.1, ...), "
                                 "its Content-ID or its file name");
    part->type_name("PART");
    auto* extract =
        app->add_option("--extract", options.extract_to,
                        "Write the attachments into this directory; never over a file, always under "
                        "a harmless name; print their paths");
    extract->type_name("DIR");
    auto* fields = add_layout_options(*app, options);
    auto* attachments = app->add_flag("--attachments", options.attachments,
                                      "With --json: the octets of attachments as raw, in base64");
    add_choice(*app, "--format", options.format, kMessageFormats,
               "Form of the messages of --raw (default: rfc822)")
        ->needs(raw);
    add_common_options(*app, options.common);
    add_client_options(*app, options.client);
    auto* json = app->get_option("--json");
    json->description("A JMAP Email object a line; short for --output jsonl");
    for (CLI::Option* view : {headers, structure, raw, part, extract, json})
        fields->excludes(view);
    const std::vector<CLI::Option*> views = {text, headers, structure, raw, part, extract, json};
    for (std::size_t i = 0; i < views.size(); ++i) {
        for (std::size_t j = i + 1; j < views.size(); ++j)
            views[i]->excludes(views[j]);
    }
    app->final_callback([&options, part, extract, fields, attachments, views] {
        if (part->count() != 0) options.what = app::ShowWhat::part;
        if (extract->count() != 0) options.what = app::ShowWhat::extract;
        if (options.common.output != app::OutputStyle::jsonl) {
            if (attachments->count() != 0) throw CLI::RequiresError("--attachments", "--json");
            return;
        }
        if (fields->count() != 0) throw CLI::ExcludesError("--output jsonl", fields->get_name());
        for (const CLI::Option* view : views) {
            if (view->count() != 0 && view->get_name() != "--json")
                throw CLI::ExcludesError("--output jsonl", view->get_name());
        }
        options.what = app::ShowWhat::json;
    });
    return app;
}

}  // namespace mailpipe::tools

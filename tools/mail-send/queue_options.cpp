#include "tools/mail-send/queue_options.hpp"

#include "mailpipe/app/fetch/retention.hpp"

namespace mailpipe::tools {
namespace {

using Action = app::QueueOptions::Action;

void add_action(CLI::App& app, app::QueueOptions& options, const std::string& name, Action action,
                const std::string& description) {
    app.add_flag_callback(
        name,
        [&options, name, action] {
            if (options.action != Action::none && options.action != action)
                throw CLI::ValidationError(name, "only one thing can be done with the queue at a time");
            options.action = action;
        },
        description);
}

void add_duration(CLI::App& app, const std::string& name, std::uint32_t& seconds,
                  const std::string& description) {
    app.add_option_function<std::string>(
           name,
           [&seconds, name](const std::string& text) {
               const auto parsed = app::parse_duration(text);
               if (!parsed) throw CLI::ValidationError(name, parsed.error().message);
               if (*parsed < 1 || *parsed > 366 * 24 * 3600)
                   throw CLI::ValidationError(name, "from 1s to a year");
               seconds = static_cast<std::uint32_t>(*parsed);
           },
           description)
        ->type_name("AGE");
}

}  // namespace

void add_queue_options(CLI::App& app, app::QueueOptions& options) {
    add_action(app, options, "--queue", Action::add,
               "Put the messages into the queue, to be sent by --flush or --watch");
    add_action(app, options, "--flush", Action::flush, "Try each message of the queue now, and end");
    add_action(app, options, "--watch", Action::watch,
               "Send what is in the queue whenever it is due, until a signal");
    add_action(app, options, "--list", Action::list,
               "List the messages of the queue, all or those with the ids given");
    add_action(app, options, "--show", Action::show,
               "Write the message of the queue with the id given to stdout");
    add_action(app, options, "--stats", Action::stats, "Count the messages of the queue");
    add_action(app, options, "--hold", Action::hold, "Keep the messages with these ids back; 'all' is all");
    add_action(app, options, "--release", Action::release, "Take that back");
    add_action(app, options, "--retry", Action::retry,
               "Make these messages due now, also those that are undeliverable");
    add_action(app, options, "--remove", Action::remove,
               "Remove these messages from the queue; nobody is told");
    app.add_option("--queue-dir", options.directory,
                   "Directory of the queue (default: ~/.local/state/mailpipe/queue)")
        ->type_name("DIR");
    add_duration(app, "--retry-after", options.first_retry,
                 "First retry after so long, then twice as long (default 5m)");
    add_duration(app, "--retry-every", options.longest_wait, "Wait so long at most (default 4h)");
    add_duration(app, "--warn-after", options.warn_after, "Tell the sender of a delay of so long (default 4h)");
    add_duration(app, "--give-up-after", options.lifetime, "Send the message back after so long (default 5d)");
    app.add_option("--connections", options.connections, "Connections at a time, in all (default 20)")
        ->type_name("N")
        ->check(CLI::Range(1, 1000).description(""));
    app.add_option("--connections-to-host", options.connections_to_destination,
                   "Connections at a time to one destination (default 10)")
        ->type_name("N")
        ->check(CLI::Range(1, 1000).description(""));
}

}  // namespace mailpipe::tools

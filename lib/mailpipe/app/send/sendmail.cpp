#include "mailpipe/app/send/sendmail.hpp"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>

#include "mailpipe/app/config/config_file.hpp"
#include "mailpipe/app/diagnostics.hpp"
#include "mailpipe/app/send/address_book.hpp"
#include "mailpipe/app/send/completed_input.hpp"
#include "mailpipe/app/send/own_host.hpp"
#include "mailpipe/app/send/send.hpp"
#include "mailpipe/app/send/sendmail_arguments.hpp"
#include "mailpipe/app/send/stdin_session.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/mime/address.hpp"

namespace mailpipe::app {
namespace {

constexpr const char* kSystemConfig = "/etc/mailpipe/config.toml";

struct Caller {
    std::string name = "nobody";
    std::string full_name;
};

// The real user, whatever the environment says.
Caller find_caller() {
    Caller caller;
    std::array<char, 16384> buffer{};
    passwd entry{};
    passwd* found = nullptr;
    if (::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
        return caller;
    caller.name = entry.pw_name;
    // The first field of GECOS; "&" stands for the login name (passwd(5) of BSD) and is left out with it.
    const std::string gecos = entry.pw_gecos != nullptr ? entry.pw_gecos : "";
    caller.full_name = gecos.substr(0, gecos.find(','));
    if (caller.full_name.find('&') != std::string::npos) caller.full_name.clear();
    return caller;
}

std::string local_domain(const config::SendSettings& settings) {
    if (!settings.domain.empty()) return settings.domain;
    if (auto name = qualified_host_name()) return std::move(*name);
    const auto names = own_host_names();
    return names.empty() ? "localhost" : names.front();
}

std::string config_file() {
    const std::string own = config::config_path("");
    if (!own.empty() && ::access(own.c_str(), F_OK) == 0) return own;
    return ::access(kSystemConfig, F_OK) == 0 ? kSystemConfig : "";
}

class Sendmail {
 public:
    Sendmail(std::string program, SendmailArguments arguments)
        : program_(std::move(program)), arguments_(std::move(arguments)), diagnostics_(program_) {}

    int run() {
        if (arguments_.mode == SendmailArguments::Mode::nothing) return 0;
        auto options = make_options();
        if (!options) {
            diagnostics_.error("", options.error());
            return diagnostics_.exit_status();
        }
        return arguments_.mode == SendmailArguments::Mode::smtp ? run_stdin_session(*options)
                                                                : run_send(*options);
    }

 private:
    using Action = QueueOptions::Action;

    // What programs read, and people.
    void use_queue(SendOptions& options) const {
        options.common.output = OutputStyle::text;
        const bool lists = arguments_.mode == SendmailArguments::Mode::list_queue;
        options.queue.action = lists ? Action::list : arguments_.interval ? Action::watch : Action::flush;
        options.common.quiet = !lists;
    }

    Result<SendOptions> make_options() {
        SendOptions options;
        options.client.config_file = config_file();
        const auto config = config::read_config(options.client.config_file, diagnostics_);
        if (!config) return fail(Errc::config, std::string(kReported));
        const config::SendSettings settings = config::send_settings(*config);
        options.server = settings.server;
        if (settings.queue || settings.server.empty()) options.queue.action = Action::add;
        const std::string domain = local_domain(settings);
        auto book = AddressBook::open(settings.aliases, domain);
        if (!book) return tl::unexpected(book.error());
        options.addresses = std::make_shared<AddressBook>(std::move(*book));
        const Caller caller = find_caller();
        const std::string own = caller.name + "@" + domain;
        options.has_from = true;
        options.from = arguments_.from.value_or(own);
        // It beats what the file says of the server.
        if (arguments_.from) options.client.given.emplace_back("from");
        const bool is_local =
            !options.from.empty() && options.from.find('@') == std::string::npos && options.from != "<>";
        if (is_local) options.from += "@" + domain;
        options.completion = std::make_shared<Completion>(
            Completion{{arguments_.full_name.empty() ? caller.full_name : arguments_.full_name,
                        options.from.empty() || options.from == "<>" ? own : options.from},
                       arguments_.dot_ends});
        options.recipients_from_header = arguments_.recipients_from_header;
        options.submission.notify = arguments_.notify;
        options.submission.ret = arguments_.ret;
        options.submission.envelope_id = arguments_.envelope_id;
        options.repair = true;
        options.program = program_;
        // A program's output is its user's; what sendmail says on stdout would be mailed or mixed into it.
        options.common.quiet = true;
        options.common.progress = When::never;
        options.common.trace = arguments_.verbose;
        const bool is_for_queue = arguments_.mode == SendmailArguments::Mode::list_queue ||
                                  arguments_.mode == SendmailArguments::Mode::run_queue;
        if (is_for_queue) use_queue(options);
        if (auto added = add_recipients(options); !added) return tl::unexpected(added.error());
        return options;
    }

    // An argument may be a list, with names.
    Result<void> add_recipients(SendOptions& options) const {
        for (const std::string& argument : arguments_.recipients) {
            // The parser would take a line end for the end of the list.
            if (std::any_of(argument.begin(), argument.end(), ascii::is_control))
                return fail(Errc::usage, "a recipient holds a control character");
            const auto addresses = mime::flatten(mime::parse_address_list(argument));
            if (addresses.empty()) return fail(Errc::usage, "recipient \"" + argument + "\" is no address");
            for (const mime::Address& address : addresses) {
                if (address.email.empty())
                    return fail(Errc::usage, "recipient \"" + argument + "\" is no address");
                options.recipients.push_back(address.email);
            }
        }
        return {};
    }

    std::string program_;
    SendmailArguments arguments_;
    Diagnostics diagnostics_;
};

}  // namespace

bool is_sendmail_name(const std::string& name) {
    return name == "sendmail" || name == "mailq" || name == "newaliases";
}

int run_sendmail(const std::string& program, const std::vector<std::string>& arguments) {
    auto parsed = parse_sendmail_arguments(program, arguments);
    if (parsed) return Sendmail(program, std::move(*parsed)).run();
    Diagnostics diagnostics(program);
    diagnostics.error("", parsed.error());
    return diagnostics.exit_status();
}

}  // namespace mailpipe::app

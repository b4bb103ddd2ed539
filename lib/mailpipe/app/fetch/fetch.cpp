#include "mailpipe/app/fetch/fetch.hpp"

#include <algorithm>
#include <csignal>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "mailpipe/app/config/config_file.hpp"
#include "mailpipe/app/config/import_file.hpp"
#include "mailpipe/app/fetch/account_fetch.hpp"
#include "mailpipe/app/fetch/sources.hpp"
#include "mailpipe/app/fetch/watch.hpp"
#include "mailpipe/app/stop.hpp"
#include "mailpipe/base/exit_status.hpp"

namespace mailpipe::app {
namespace {

// Several accounts at a time, unless the messages go to stdout, one behind the other.
void fetch_all(const std::vector<std::vector<FetchSource>>& accounts, std::size_t jobs,
               const FetchOptions& options, FetchConsole& console) {
    // A destination that takes no more ends the sources that go there, and no others.
    using Place = std::pair<std::string, std::vector<std::string>>;
    const auto place_of = [](const std::vector<FetchSource>& account) {
        const FetchSettings& settings = *account.front().settings;
        return Place(settings.destination, settings.routes);
    };
    FetchShared shared;
    std::map<Place, std::unique_ptr<FetchRun>> runs;
    for (const auto& account : accounts) {
        std::unique_ptr<FetchRun>& run = runs[place_of(account)];
        if (!run) run.reset(new FetchRun{options, console, shared});
    }
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
        for (std::size_t i = next++; i < accounts.size(); i = next++)
            AccountFetch(*runs.at(place_of(accounts[i]))).fetch(accounts[i]);
    };
    jobs = std::min(jobs, accounts.size());
    if (jobs <= 1) return work();
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < jobs; ++i)
        threads.emplace_back(work);
    for (std::thread& thread : threads)
        thread.join();
}

int fetch(FetchOptions options) {
    Diagnostics diagnostics("mail-fetch", options.common);
    FetchSources sources(options, diagnostics);
    sources.read();
    const auto accounts = sources.accounts();
    FetchConsole console(options.common, options.summary, sources.to_store());
    if (options.watch) {
        console.say_errors_once();
        if (!accounts.empty()) watch(options, console, accounts);
    } else {
        fetch_all(accounts, sources.to_store() ? options.jobs : 1, options, console);
    }
    if (!options.dry_run) {
        if (const auto told = console.end_run(); !told) diagnostics.error("", told.error());
    }
    return worse_exit_status(diagnostics.exit_status(), console.exit_status());
}

int check_config(const FetchOptions& options) {
    Diagnostics diagnostics("mail-fetch", options.common);
    const std::string path = config::config_path(options.settings.client.config_file);
    if (path.empty()) {
        const Error error{Errc::config, "no configuration file without HOME; give --config FILE", std::nullopt};
        diagnostics.error("--check-config", error);
    } else {
        config::read_config(path, diagnostics);
    }
    return diagnostics.exit_status();
}

int import(const FetchOptions& options) {
    Diagnostics diagnostics("mail-fetch", options.common);
    const std::string path = options.sources.empty() ? "" : options.sources[0];
    if (const auto done = config::import_file(*options.import, path); !done)
        diagnostics.error("--import", done.error());
    return diagnostics.exit_status();
}

}  // namespace

int run_fetch(const FetchOptions& options) {
    if (options.import) return import(options);
    if (options.check_config) return check_config(options);
    install_stop_handlers();
    if (options.watch) install_reload_handler();
    int status = 0;
    do {
        clear_reload_request();
        status = fetch(options);
    } while (reload_requested() && !stop_requested());
    // All state is written. A shell must see that the command was interrupted, or its loop would go on.
    if (stop_requested()) {
        std::signal(stop_signal(), SIG_DFL);
        std::raise(stop_signal());
    }
    return status;
}

}  // namespace mailpipe::app

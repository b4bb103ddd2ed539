#pragma once

#include <vector>

#include "mailpipe/app/fetch/account_fetch.hpp"

namespace mailpipe::app {

// mail-fetch --watch: fetches from each account, waits for news (IDLE, or the interval), and so on until SIGINT or
// SIGTERM, or SIGHUP when the configuration is to be read again. A connection that fails is made again after
// backoff(); each error is said once, until it works again. An account whose settings are wrong (usage, config) is
// given up; when all are, it ends. Tells the service manager (sd_notify(3)) when each account was looked at once, and
// the watchdog as long as something happens or is waited for.
void watch(const FetchOptions& options, FetchConsole& console,
           const std::vector<std::vector<FetchSource>>& accounts);

}  // namespace mailpipe::app

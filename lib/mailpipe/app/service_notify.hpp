#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace mailpipe::app {

// Tells the service manager of the state of this process (sd_notify(3)), such as "READY=1" or "WATCHDOG=1".
// Nothing when $NOTIFY_SOCKET is not set; what cannot be sent is of no consequence here.
void notify_service(std::string_view state);

// How often "WATCHDOG=1" is awaited: $WATCHDOG_USEC, when it is meant for this process.
std::optional<std::chrono::microseconds> watchdog_interval();

}  // namespace mailpipe::app

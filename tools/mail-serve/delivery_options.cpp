#include "tools/mail-serve/delivery_options.hpp"

#include "tools/mail-serve/size_option.hpp"

namespace mailpipe::tools {

void add_delivery_options(CLI::App& app, app::DeliveryOptions& options) {
    app.add_option(
           "--deliver", options.deliver,
           "Hand mail for users to this LMTP server, lmtp://HOST:PORT or lmtp:PATH, or to a shell command, "
           "instead of the store")
        ->type_name("COMMAND");
    add_size(app, "--quota", options.quota, "How much mail a user may have; octets, or with k, M, G");
    app.add_option_function<std::string>(
           "--over-quota", [&options](const std::string& text) { options.over_quota_fails = text == "refuse"; },
           "What becomes of more: defer, the sender tries again (default), or refuse")
        ->type_name("defer|refuse")
        ->check(CLI::IsMember({"defer", "refuse"}).description(""));
}

}  // namespace mailpipe::tools

#include "tools/mail-serve/access_options.hpp"

#include "tools/common/shared_options.hpp"

namespace mailpipe::tools {

void add_access_options(CLI::App& app, app::AccessOptions& options) {
    add_list(
        app, "--proxy-from", options.proxy_from, "ADDRESS[/BITS]",
        "Peers that are proxies, which tell their client's address by a PROXY header first; may be repeated");
    add_list(app, "--xclient-from", options.xclient_from, "ADDRESS[/BITS]",
             "Peers that are SMTP proxies, which tell their client by XCLIENT; may be repeated");
    app.add_option_function<std::uint32_t>(
           "--greeting-delay",
           [&options](std::uint32_t value) { options.greeting_delay = std::chrono::milliseconds(value); },
           "Greet only then; who speaks earlier is refused (SMTP; default: 0)")
        ->type_name("MS")
        ->check(CLI::Range(0, 60'000).description(""));
    add_list(app, "--dnsbl", options.dnsbl, "ZONE",
             "Refuse recipients to those whom this list in the DNS has, but users and mail for the postmaster; "
             "may be "
             "repeated");
    app.add_option_function<std::string>(
           "--dnsbl-action",
           [&options](const std::string& action) { options.dnsbl_only_adds_field = action == "header"; },
           "What --dnsbl does: refuse (default), or put an X-DNSBL field before the message")
        ->type_name("ACTION")
        ->check(CLI::IsMember({"refuse", "header"}).description(""));
}

}  // namespace mailpipe::tools

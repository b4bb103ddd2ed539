#include "mailpipe/app/list/list.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "mailpipe/app/list/list_source.hpp"
#include "mailpipe/app/stop.hpp"

namespace mailpipe::app {
namespace {

void list_file(const Location& location, const std::string& where, Listing& listing) {
    const int fd = ::open(location.path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return listing.diagnostics.error(where, fail_errno(errno, "cannot be opened").value());
    list_input(fd, where, false, encode(location), listing);
    ::close(fd);
}

Result<void> list_location(const Location& location, Listing& listing) {
    auto source = open_list_source(container(location), listing);
    if (!source) return tl::unexpected(source.error());
    return location.is_ref() ? (*source)->list_refs({location}) : (*source)->list_all();
}

void list_argument(const std::string& text, Listing& listing) {
    if (text == "-") return list_input(STDIN_FILENO, "stdin", false, {}, listing);
    const auto location = parse_location(text);
    if (!location) return listing.diagnostics.error(text, location.error());
    if (location->scheme == Scheme::message_file) return list_file(*location, text, listing);
    if (const auto listed = list_location(*location, listing); !listed) {
        listing.report(text, listed.error());
    }
}

}  // namespace

Result<std::unique_ptr<ListSource>> open_list_source(const Location& location, Listing& listing) {
    switch (location.scheme) {
        case Scheme::maildir:
        case Scheme::mbox:
            return open_store_source(location, listing);
        case Scheme::imap:
        case Scheme::imaps:
            return open_imap_source(location, listing);
        case Scheme::pop3:
        case Scheme::pop3s:
            return open_pop3_source(location, listing);
        default:
            return fail(Errc::usage, "cannot be listed; give a Maildir, an mbox, or an IMAP or POP3 URL");
    }
}

int run_list(const ListOptions& options) {
    install_stop_handlers();
    Diagnostics diagnostics("mail-list", options.common);
    email::Query query;
    if (!options.search.empty()) {
        auto parsed = email::parse_search(options.search);
        if (!parsed) {
            diagnostics.error("--search", parsed.error());
            return diagnostics.exit_status();
        }
        query = std::move(*parsed);
    }
    auto form = ListForm::of(options);
    if (!form) {
        diagnostics.error("", form.error());
        return diagnostics.exit_status();
    }
    ListOutput output(options.common, std::move(*form));
    diagnostics.set_progress(&output.progress());
    Listing listing{options, std::move(query), output, diagnostics};
    output.progress().begin("stdin");
    if (options.refs_from_stdin) list_input(STDIN_FILENO, "stdin", true, {}, listing);
    for (const std::string& location : options.locations) {
        if (output.ended()) break;
        if (stop_requested()) {
            diagnostics.error(location, stopped_by_signal());
            break;
        }
        output.progress().begin(location);
        list_argument(location, listing);
    }
    if (const auto finished = output.finish(); !finished) diagnostics.error("stdout", finished.error());
    return diagnostics.exit_status();
}

}  // namespace mailpipe::app

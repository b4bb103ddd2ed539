#include "mailpipe/app/pop3_client.hpp"

#include <utility>

#include "mailpipe/app/locale_language.hpp"

namespace mailpipe::app {

namespace {

pop3::ClientOptions pop3_options(const Connection& connection, Login login, Trace* trace) {
    auto options = session_options<pop3::ClientOptions>(connection, std::move(login), trace);
    options.language = language_of_user();
    return options;
}

}  // namespace

Pop3Client::Pop3Client(Location maildrop, Connection connection, Login login, Trace* trace)
    : location_(std::move(maildrop)),
      connection_(std::move(connection)),
      session_(pop3_options(connection_, std::move(login), trace)) {}

Pop3Client::~Pop3Client() {
    if (!usable_ || session_.outstanding() > 0) return;
    session_.quit();
    [[maybe_unused]] const auto ignored = drive(session_, connection_);
}

Result<void> Pop3Client::log_in() {
    auto step = next();
    if (!step) return tl::unexpected(step.error());
    const auto* ready = std::get_if<pop3::Ready>(&*step);
    if (ready == nullptr) return unexpected_answer();
    connection_.login_due.reset();
    has_top_ = ready->capabilities.top;
    login_delay_ = ready->capabilities.login_delay;
    usable_ = true;
    return {};
}

Result<Pop3Maildrop> Pop3Client::list() {
    session_.list();
    session_.uidl();
    Pop3Maildrop maildrop;
    for (int answers = 0; answers < 2; ++answers) {
        auto step = next();
        if (!step) return tl::unexpected(step.error());
        if (auto* refused = std::get_if<pop3::Refused>(&*step)) {
            if (refused->command != pop3::Command::uidl) return tl::unexpected(std::move(refused->error));
            maildrop.has_uidl = false;
        } else if (auto* listing = std::get_if<pop3::Listing>(&*step)) {
            (listing->is_uidl ? maildrop.uidls : maildrop.sizes) = std::move(listing->entries);
        } else {
            return unexpected_answer();
        }
    }
    return maildrop;
}

Result<void> Pop3Client::read_entries() {
    auto maildrop = list();
    if (!maildrop) return tl::unexpected(maildrop.error());
    std::unordered_map<std::uint32_t, std::string> uidls;
    std::unordered_map<std::string_view, int> uses;
    for (pop3::ScanListing& scan : maildrop->uidls) {
        const auto [entry, is_first] = uidls.emplace(scan.number, std::move(scan.uidl));
        if (is_first) ++uses[entry->second];
    }
    entries_.reserve(maildrop->sizes.size());
    for (const pop3::ScanListing& scan : maildrop->sizes) {
        Pop3Entry& entry = entries_.emplace_back(Pop3Entry{scan.number, scan.size, {}});
        const auto uidl = uidls.find(scan.number);
        if (uidl == uidls.end() || uidl->second.empty() || uses[uidl->second] > 1) continue;
        entry.uidl = uidl->second;
        by_uidl_.emplace(entry.uidl, &entry);
    }
    return {};
}

Result<pop3::ClientStep> Pop3Client::next() {
    auto step = drive(session_, connection_);
    if (!step || std::holds_alternative<pop3::Closed>(*step)) usable_ = false;
    return step;
}

const Pop3Entry* Pop3Client::find(const Location& ref) const {
    const auto found = by_uidl_.find(ref.uidl.value_or(std::string()));
    return found == by_uidl_.end() ? nullptr : found->second;
}

email::Context Pop3Client::context_of(const Pop3Entry& entry) const {
    email::Context context;
    if (entry.uidl.empty()) return context;
    Location ref = location_;
    ref.uidl = entry.uidl;
    context.ref = encode(ref);
    context.uidl = entry.uidl;
    return context;
}

Result<std::unique_ptr<Pop3Client>> open_pop3(const Location& location, const ClientOptions& options,
                                              Trace* trace) {
    auto login = find_login(location, options);
    if (!login) return tl::unexpected(login.error());
    auto connection = open_connection(location, options);
    if (!connection) return tl::unexpected(connection.error());
    Location maildrop = location;
    maildrop.user = login->user;
    auto client =
        std::make_unique<Pop3Client>(std::move(maildrop), std::move(*connection), std::move(*login), trace);
    if (auto logged_in = client->log_in(); !logged_in) return tl::unexpected(logged_in.error());
    if (auto read = client->read_entries(); !read) return tl::unexpected(read.error());
    return client;
}

Result<std::unique_ptr<Pop3Client>> open_pop3(const Location& location, config::Accounts& accounts,
                                              Trace* trace) {
    const auto options = accounts.client(location);
    if (!options) return tl::unexpected(options.error());
    return open_pop3(location, *options, trace);
}

}  // namespace mailpipe::app

#include "mailpipe/app/config/accounts.hpp"

#include <algorithm>
#include <utility>

#include "mailpipe/app/config/config_file.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/edit_distance.hpp"

namespace mailpipe::app::config {
namespace {

constexpr std::string_view kAll = "all";

// `near` on top of `far`.
void put_over(const Section& near, Section& far) {
    for (const auto& [key, value] : near) {
        const bool is_off = key->kind == ValueKind::flag && !value.flag;
        if (!is_off) {
            for (const std::string_view replaced : key->replaces)
                far.erase(find_key(replaced));
        }
        far.insert_or_assign(key, value);
    }
}

// Where all goes that was to go elsewhere, too, is said by --to alone.
bool is_for_routes(std::string_view given, std::string_view key) {
    return given == "to" && key == "route";
}

void drop_given(const std::vector<std::string>& given, Section& section) {
    std::erase_if(section, [&given](const auto& entry) {
        return std::any_of(given.begin(), given.end(), [&entry](const std::string& name) {
            if (entry.first->name == name || is_for_routes(name, entry.first->name)) return true;
            const Key* key = find_key(name);
            return key != nullptr && std::find(key->replaces.begin(), key->replaces.end(), entry.first->name) !=
                                         key->replaces.end();
        });
    });
}

void keep_how_to_connect(Section& section) {
    std::erase_if(section, [](const auto& entry) { return (entry.first->sections & kHost) == 0; });
}

bool is_same_server(const Location& a, const Location& b) {
    return a.scheme == b.scheme && a.host == b.host && a.port == b.port && a.path == b.path;
}

}  // namespace

bool Accounts::load() {
    if (config_) return true;
    if (failed_) return false;
    config_ = read_config(command_line_.config_file, diagnostics_);
    failed_ = !config_;
    return config_.has_value();
}

Result<const Account*> Accounts::account(std::string_view name) const {
    if (const Account* found = config_->find_account(name); found != nullptr) return found;
    const std::string path = config_path(command_line_.config_file);
    if (path.empty()) return fail(Errc::config, "no configuration file without HOME; give --config FILE");
    std::vector<std::string> names;
    for (const Account& one : config_->accounts)
        names.push_back(one.name);
    const std::string nearest = nearest_word(name, names);
    return fail(Errc::config,
                "no such account in " + path + (nearest.empty() ? "" : "; did you mean @" + nearest + "?"));
}

Result<std::vector<const Account*>> Accounts::accounts_of(std::string_view name) const {
    std::vector<const Account*> found;
    if (name != kAll) {
        const auto one = account(name);
        if (!one) return tl::unexpected(one.error());
        if ((*one)->sources.empty()) return fail(Errc::config, "the account has no source");
        found.push_back(*one);
    } else {
        for (const Account& one : config_->accounts) {
            if (!one.sources.empty()) found.push_back(&one);
        }
        if (found.empty()) return fail(Errc::config, "no account has a source");
    }
    return found;
}

// With the grammar of a URL, so that the end of a ref is understood, too.
Result<Location> Accounts::place_of(const Account& account, const std::string& source,
                                    const std::string* mailbox) {
    auto location = parse_location(source);
    if (location && mailbox != nullptr) {
        if (location->scheme != Scheme::imap && location->scheme != Scheme::imaps)
            return fail(Errc::config, "only an IMAP source has mailboxes");
        location->mailbox.clear();
        std::string url = encode(*location);
        while (url.ends_with('/'))
            url.pop_back();
        location = parse_location(url + "/" + *mailbox);
    }
    if (location) location->account = account.name;
    return location;
}

void Accounts::locate(const std::string& text, std::vector<Located>& found) {
    if (!text.starts_with('@')) {
        auto location = parse_location(text);
        if (!location) return diagnostics_.error(text, location.error());
        found.push_back({text, std::move(*location)});
        return;
    }
    if (!load()) return;
    const std::size_t slash = std::min(text.find('/'), text.size());
    const std::string mailbox = slash == text.size() ? "" : text.substr(slash + 1);
    const auto accounts = accounts_of(std::string_view(text).substr(1, slash - 1));
    if (!accounts) return diagnostics_.error(text, accounts.error());
    const std::size_t first = found.size();
    for (const Account* account : *accounts) {
        for (const std::string& source : account->sources) {
            auto location = place_of(*account, source, slash == text.size() ? nullptr : &mailbox);
            if (!location) {
                diagnostics_.error(source, location.error());
                continue;
            }
            // Two mailboxes of an account are one when both are replaced.
            const auto same = [&location](const Located& one) { return one.location == *location; };
            if (std::any_of(found.begin() + static_cast<std::ptrdiff_t>(first), found.end(), same)) continue;
            found.push_back({encode(*location), std::move(*location)});
        }
    }
}

std::vector<Located> Accounts::locate_all(const std::vector<std::string>& texts) {
    std::vector<Located> found;
    for (const std::string& text : texts)
        locate(text, found);
    return found;
}

Result<Location> Accounts::locate_one(const std::string& text) {
    if (!text.starts_with('@')) return parse_location(text);
    if (!load()) return fail(Errc::config, std::string(kReported));
    std::vector<Located> found;
    locate(text, found);
    if (found.empty()) return fail(Errc::config, std::string(kReported));
    if (found.size() > 1)
        return fail(Errc::usage, "names several mailboxes; write " + text + "/MAILBOX, or a URL");
    return std::move(found[0].location);
}

Result<Location> Accounts::locate_server(const std::string& text) {
    if (!text.starts_with('@')) return parse_location(text);
    if (!load()) return fail(Errc::config, std::string(kReported));
    if (text.substr(1) == kAll) return fail(Errc::usage, "names several servers; write @NAME");
    const auto found = account(std::string_view(text).substr(1));
    if (!found) return tl::unexpected(found.error());
    if ((*found)->server.empty()) return fail(Errc::config, "the account has no server");
    return place_of(**found, (*found)->server, nullptr);
}

Section Accounts::section_of(const Account* account, const std::string& host) const {
    Section section;
    if (account != nullptr) section = config_->defaults;
    if (const auto found = config_->hosts.find(host); found != config_->hosts.end())
        put_over(found->second, section);
    if (account != nullptr) put_over(account->settings, section);
    return section;
}

std::string Accounts::user_of(const Account& account, const Location& location) const {
    if (!location.user.empty()) return location.user;
    const Section section = section_of(&account, location.host);
    const auto user = section.find(find_key("user"));
    return user == section.end() ? std::string() : user->second.texts[0];
}

const Account* Accounts::owner(const Location& location) const {
    if (location.host.empty()) return nullptr;
    for (const Account& account : config_->accounts) {
        std::vector<std::string> texts = account.sources;
        if (!account.server.empty()) texts.push_back(account.server);
        for (const std::string& text : texts) {
            if (text.starts_with('/')) continue;
            const auto own = parse_location(text);
            if (own && is_same_server(*own, location) && user_of(account, *own) == location.user)
                return &account;
        }
    }
    return nullptr;
}

Result<Settings> Accounts::settings(const Location& location, Settings command_line) {
    if (!load()) return fail(Errc::config, std::string(kReported));
    const bool is_named = !location.account.empty();
    Section section =
        section_of(is_named ? config_->find_account(location.account) : owner(location), location.host);
    // Whoever names a URL has not asked for what an account does with its mail, such as to delete it.
    if (!is_named) keep_how_to_connect(section);
    drop_given(command_line_.given, section);
    for (const auto& [key, value] : section) {
        if (auto applied = key->apply(value, command_line); !applied) return tl::unexpected(applied.error());
    }
    return command_line;
}

Result<ClientOptions> Accounts::client(const Location& location) {
    Settings command_line;
    command_line.fetch.client = command_line_;
    auto all = settings(location, std::move(command_line));
    if (!all) return tl::unexpected(all.error());
    return std::move(all->fetch.client);
}

Result<ClientOptions> Accounts::destination(const Location& location, ClientOptions base) {
    if (!load()) return fail(Errc::config, std::string(kReported));
    Section section = section_of(owner(location), location.host);
    keep_how_to_connect(section);
    Settings all;
    all.fetch.client = std::move(base);
    for (const auto& [key, value] : section) {
        if (auto applied = key->apply(value, all); !applied) return tl::unexpected(applied.error());
    }
    ClientOptions& client = all.fetch.client;
    client.netrc_only =
        client.password_command.empty() && client.password_file.empty() && client.token_command.empty();
    return std::move(client);
}

}  // namespace mailpipe::app::config

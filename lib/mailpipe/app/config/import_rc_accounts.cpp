#include "mailpipe/app/config/import_rc_accounts.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app::config {
namespace {

class Reader {
 public:
    Reader(std::string_view program, std::span<const RcCommand> commands, Import& import,
           const std::function<void(const RcAccount&)>& write)
        : program_(program), commands_(commands), import_(import), write_(write) {}

    void read(std::string_view text) {
        for (const std::string_view line : ascii::split(text, '\n')) {
            ++line_;
            const std::string_view trimmed = ascii::trim(line);
            if (!trimmed.empty() && trimmed.front() != '#') read_line(trimmed);
        }
        finish();
    }

 private:
    void read_line(std::string_view line) {
        const std::size_t space = std::min(line.find_first_of(" \t"), line.size());
        const std::string name(line.substr(0, space));
        std::string_view value = ascii::trim(line.substr(space));
        if (value.size() > 1 && value.front() == '"' && value.back() == '"')
            value = value.substr(1, value.size() - 2);
        if (name == "defaults") {
            finish();
            defaults_ = RcSettings();
            default_notes_.clear();
        } else if (name == "account") {
            finish();
            begin(value);
        } else {
            set(name, std::string(value));
        }
    }

    // account = "account" name [":" name *("," name)]
    void begin(std::string_view text) {
        const std::size_t colon = std::min(text.find(':'), text.size());
        RcAccount account;
        account.name = ascii::trim(text.substr(0, colon));
        account.settings = defaults_;
        account.notes = default_notes_;
        const std::string_view bases = text.substr(std::min(colon + 1, text.size()));
        for (const std::string_view part : ascii::split(bases, ',')) {
            const std::string base(ascii::trim(part));
            const auto found = std::find_if(done_.begin(), done_.end(),
                                            [&](const RcAccount& one) { return one.name == base; });
            if (found == done_.end()) continue;
            for (const auto& [key, value] : found->settings)
                account.settings[key] = value;
            account.notes = found->notes;
            account.alias_of = base;
        }
        current_ = std::move(account);
    }

    void set(const std::string& name, const std::string& value) {
        RcSettings& settings = current_ ? current_->settings : defaults_;
        std::vector<std::string>& notes = current_ ? current_->notes : default_notes_;
        const auto command = std::find_if(commands_.begin(), commands_.end(),
                                          [&name](const RcCommand& one) { return one.name == name; });
        if (current_) current_->alias_of.clear();
        if (command == commands_.end()) {
            notes.push_back("Line " + std::to_string(line_) + " has a command that " + program_ +
                            " does not define; it was left out.");
        } else if (!command->why.empty()) {
            const std::string note = "No equivalent of " + name + ": " + std::string(command->why) + ".";
            if (std::find(notes.begin(), notes.end(), note) == notes.end()) notes.push_back(note);
        } else {
            settings[name] = name == "password" ? std::string() : value;
        }
    }

    void finish() {
        if (!current_) return;
        RcAccount account = std::move(*current_);
        current_.reset();
        if (!account.alias_of.empty()) {
            import_.note("The account " + account.name + " is another name of " + account.alias_of + ".");
        } else {
            write_(account);
        }
        done_.push_back(std::move(account));
    }

    std::string program_;
    std::span<const RcCommand> commands_;
    Import& import_;
    const std::function<void(const RcAccount&)>& write_;
    std::size_t line_ = 0;
    RcSettings defaults_;
    std::vector<std::string> default_notes_;
    std::optional<RcAccount> current_;
    std::vector<RcAccount> done_;
};

}  // namespace

void read_rc_accounts(std::string_view text, std::string_view program, std::span<const RcCommand> commands,
                      Import& import, const std::function<void(const RcAccount&)>& write) {
    Reader(program, commands, import, write).read(text);
}

bool is_on(std::string_view text) {
    return text.empty() || text == "on";
}

std::string value_of(const RcSettings& settings, std::string_view name) {
    const auto found = settings.find(name);
    return found == settings.end() ? std::string() : found->second;
}

bool write_rc_tls(const RcSettings& settings, std::string_view program, Import::Account& out) {
    if (settings.contains("tls") && is_on(value_of(settings, "tls"))) return true;
    out.note(
        std::string(program) +
        " was told to go without TLS. A password goes to another host then only with allow-plaintext-auth.");
    out.set("tls", "none");
    return false;
}

void write_rc_client(const RcSettings& settings, Import::Account& out) {
    if (!value_of(settings, "passwordeval").empty()) {
        out.set("password-command", value_of(settings, "passwordeval"));
    } else if (settings.contains("password")) {
        out.note_password();
    }
    if (const std::string file = value_of(settings, "tls_trust_file"); !file.empty() && file != "system")
        out.set("tls-ca", file);
    for (const auto& [theirs, ours] :
         {std::pair("tls_cert_file", "tls-cert"), std::pair("tls_key_file", "tls-key")}) {
        if (const std::string file = value_of(settings, theirs); !file.empty()) out.set(ours, file);
    }
    if (const std::string host = value_of(settings, "proxy_host"); !host.empty()) {
        const auto proxy_port = ascii::parse_number(value_of(settings, "proxy_port"));
        out.set("proxy", make_url("socks5h", "", host, proxy_port.value_or(1080)));
    }
    if (const auto seconds = ascii::parse_number(value_of(settings, "timeout")); seconds && *seconds != 0)
        out.set_number("timeout", *seconds);
}

}  // namespace mailpipe::app::config

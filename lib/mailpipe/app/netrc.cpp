#include "mailpipe/app/netrc.hpp"

#include <algorithm>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app {
namespace {

// netrc   = *(entry / macdef);  entry = ("machine" name / "default") *(("login" / "password" / "account")
// value)
class NetrcParser {
 public:
    explicit NetrcParser(std::string_view text) : text_(text) {}

    Result<std::vector<NetrcEntry>> parse() {
        while (skip_to_keyword()) {
            auto keyword = word();
            if (!keyword) return tl::unexpected(keyword.error());
            Result<void> taken;
            if (*keyword == "default") {
                entries_.emplace_back();
            } else if (*keyword == "macdef") {
                skip_macro();
            } else {
                taken = take_value(*keyword);
            }
            if (!taken) return tl::unexpected(taken.error());
        }
        return std::move(entries_);
    }

 private:
    Fail error(std::string_view text) const {
        return fail(Errc::config, "line " + std::to_string(line_) + ": " + std::string(text));
    }

    char take() {
        const char c = text_[at_++];
        if (c == '\n') ++line_;
        return c;
    }
    void skip_space() {
        while (at_ < text_.size() && ascii::is_space(text_[at_]))
            take();
    }
    bool skip_to_keyword() {
        while (true) {
            skip_space();
            if (at_ == text_.size()) return false;
            if (text_[at_] != '#') return true;
            while (at_ < text_.size() && text_[at_] != '\n')
                ++at_;
        }
    }
    // A macro ends at the first empty line.
    void skip_macro() {
        const std::size_t end = text_.find("\n\n", at_);
        while (at_ < std::min(end, text_.size()))
            take();
    }

    Result<std::string> word() {
        std::string word;
        if (text_[at_] != '"') {
            while (at_ < text_.size() && !ascii::is_space(text_[at_]))
                word += take();
            return word;
        }
        take();
        while (at_ < text_.size()) {
            char c = take();
            if (c == '"') return word;
            if (c == '\\' && at_ < text_.size()) {
                c = take();
                c = c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
            }
            word += c;
        }
        wipe(word);
        return error("a quotation mark is not closed");
    }

    Result<void> take_value(const std::string& keyword) {
        const bool known =
            keyword == "machine" || keyword == "login" || keyword == "password" || keyword == "account";
        // The word is not repeated: a password with a space that is not quoted lands here.
        if (!known) return error("a word is none of machine, default, login, password, account, macdef");
        skip_space();
        if (at_ == text_.size()) return error(keyword + " has no value");
        auto value = word();
        if (!value) return tl::unexpected(value.error());
        if (keyword == "machine") {
            NetrcEntry entry;
            entry.machine = ascii::to_lower(*value);
            if (entry.machine.empty()) return error("machine has no name");
            entries_.push_back(std::move(entry));
            return {};
        }
        if (entries_.empty()) return error(keyword + " stands before the first machine");
        if (keyword == "login") entries_.back().login = std::move(*value);
        if (keyword == "password") entries_.back().password = Secret(*value);
        wipe(*value);
        return {};
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t line_ = 1;
    std::vector<NetrcEntry> entries_;
};

}  // namespace

Result<std::vector<NetrcEntry>> parse_netrc(std::string_view text) {
    return NetrcParser(text).parse();
}

const NetrcEntry* find_netrc(const std::vector<NetrcEntry>& entries, std::string_view host,
                             std::string_view user) {
    const auto fits = [&](const NetrcEntry& entry) {
        return user.empty() || entry.login.empty() || entry.login == user;
    };
    for (const NetrcEntry& entry : entries) {
        if (!entry.machine.empty() && ascii::equals_ignore_case(entry.machine, host) && fits(entry))
            return &entry;
    }
    for (const NetrcEntry& entry : entries) {
        if (entry.machine.empty() && fits(entry)) return &entry;
    }
    return nullptr;
}

}  // namespace mailpipe::app

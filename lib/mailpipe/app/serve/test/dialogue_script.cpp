#include "mailpipe/app/serve/test/dialogue_script.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <fstream>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app::serve {
namespace {

constexpr std::string_view kConnection = "# connection";
constexpr std::string_view kAnyText = "***";

// nullopt: an escape that is none.
std::optional<std::string> unescape(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\') {
            out += text[i];
            continue;
        }
        const char c = ++i < text.size() ? text[i] : ' ';
        if (c == 'x') {
            unsigned value = 0;
            const std::string_view digits = text.substr(i + 1, 2);
            const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
            if (error != std::errc{} || end != digits.data() + 2) return std::nullopt;
            out += static_cast<char>(value);
            i += 2;
            continue;
        }
        constexpr std::string_view kNames = "rnt0\\";
        const std::size_t at = kNames.find(c);
        if (at == std::string_view::npos) return std::nullopt;
        out += std::string_view("\r\n\t\0\\", 5)[at];
    }
    return out;
}

std::optional<FaultProtocol> protocol_in(std::string_view text) {
    for (const std::string_view word : ascii::split_words(text)) {
        for (const FaultProtocol protocol : kFaultProtocols) {
            if (word.starts_with(protocol_name(protocol))) return protocol;
        }
        if (word.starts_with("submission")) return FaultProtocol::smtp;
    }
    return std::nullopt;
}

bool begins_dialogue(std::string_view line) {
    return line.starts_with(kConnection) &&
           (line.size() == kConnection.size() || line[kConnection.size()] == ' ');
}

std::optional<ScriptLine> parse_line(std::string_view line, std::size_t number) {
    if (line.size() < 2 || (line[0] != 'C' && line[0] != 'S')) return std::nullopt;
    ScriptLine parsed{line[0] == 'C', line[1] == '*', {}, number};
    if (parsed.tls_begins) return line.size() == 2 ? std::optional(parsed) : std::nullopt;
    if (line[1] != ':' && line[1] != '|') return std::nullopt;
    auto octets = unescape(line.substr(line.size() > 2 && line[2] == ' ' ? 3 : 2));
    if (!octets) return std::nullopt;
    parsed.octets = std::move(*octets);
    if (line[1] == ':') parsed.octets += "\r\n";
    return parsed;
}

}  // namespace

Result<std::vector<Dialogue>> read_dialogues(const std::string& path) {
    std::ifstream file(path);
    if (!file) return fail_errno(errno, path);
    std::vector<Dialogue> dialogues;
    std::string line;
    for (std::size_t number = 1; std::getline(file, line); ++number) {
        if (line.ends_with('\r')) line.pop_back();  // of an editor; one that is sent stands as \r
        if (begins_dialogue(line)) {
            dialogues.push_back({protocol_in(std::string_view(line).substr(kConnection.size())), {}});
            continue;
        }
        if (line.empty() || line[0] == '#') continue;
        auto parsed = parse_line(line, number);
        if (!parsed) {
            return fail(Errc::data,
                        fmt::format("{}:{}: 'C: text', 'S: text', C|, S|, C* or # is expected, with \\r \\n "
                                    "\\t \\0 \\\\ and \\xHH as escapes",
                                    path, number));
        }
        if (dialogues.empty()) dialogues.emplace_back();
        dialogues.back().lines.push_back(std::move(*parsed));
    }
    if (dialogues.empty()) return fail(Errc::data, path + ": there is no dialogue in it");
    return dialogues;
}

bool matches_line(std::string_view expected, std::string_view got) {
    const std::size_t at = expected.find(kAnyText);
    if (at == std::string_view::npos) return expected == got;
    if (got.substr(0, at) != expected.substr(0, at)) return false;
    const std::string_view rest = expected.substr(at + kAnyText.size());
    for (std::size_t i = at; i <= got.size(); ++i) {
        if (matches_line(rest, got.substr(i))) return true;
    }
    return false;
}

Repertoire::Repertoire(std::vector<Dialogue> dialogues)
    : dialogues_(std::move(dialogues)), taken_(dialogues_.size(), false) {}

const Dialogue* Repertoire::next(FaultProtocol protocol) {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < dialogues_.size(); ++i) {
        if (taken_[i] || dialogues_[i].protocol.value_or(protocol) != protocol) continue;
        taken_[i] = true;
        return &dialogues_[i];
    }
    mismatched_ = true;
    return nullptr;
}

void Repertoire::played(bool whole) {
    const std::lock_guard lock(mutex_);
    ++played_;
    mismatched_ = mismatched_ || !whole;
}

bool Repertoire::all_played() const {
    const std::lock_guard lock(mutex_);
    return played_ == dialogues_.size();
}

bool Repertoire::mismatched() const {
    const std::lock_guard lock(mutex_);
    return mismatched_;
}

}  // namespace mailpipe::app::serve

#include "mailpipe/app/serve/test/capability_mask.hpp"

#include <algorithm>
#include <array>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/edit_distance.hpp"
#include "mailpipe/imap/server/capabilities.hpp"
#include "mailpipe/sasl/server.hpp"

namespace mailpipe::app::serve {
namespace {

// What goes with a capability: words of one string.
struct Capability {
    const char* name;
    const char* commands;
    const char* parameters;  // of MAIL and RCPT
};

constexpr std::array kCapabilities{
    Capability{"8BITMIME", "", "BODY"},
    Capability{"APOP", "APOP", ""},
    Capability{"AUTH", "AUTH", "AUTH"},
    Capability{"AUTH-RESP-CODE", "", ""},
    Capability{"BINARYMIME", "", ""},
    Capability{"CAPA", "CAPA", ""},
    Capability{"CHUNKING", "BDAT", ""},
    Capability{"DELIVERBY", "", "BY"},
    Capability{"DSN", "", "RET ENVID NOTIFY ORCPT"},
    Capability{"EHLO", "EHLO", ""},
    Capability{"ENHANCEDSTATUSCODES", "", ""},
    Capability{"EXPIRE", "", ""},
    Capability{"EXPN", "EXPN", ""},
    Capability{"FUTURERELEASE", "", "HOLDFOR HOLDUNTIL"},
    Capability{"HELO", "HELO", ""},
    Capability{"HELP", "HELP", ""},
    Capability{"IMPLEMENTATION", "", ""},
    Capability{"LANG", "LANG", ""},
    Capability{"LAST", "LAST", ""},
    Capability{"LIMITS", "", ""},
    Capability{"LOGIN-DELAY", "", ""},
    Capability{"MT-PRIORITY", "", "MT-PRIORITY"},
    Capability{"PIPELINING", "", ""},
    Capability{"REQUIRETLS", "", "REQUIRETLS"},
    Capability{"RESP-CODES", "", ""},
    Capability{"SASL", "AUTH", ""},
    Capability{"SIZE", "", "SIZE"},
    Capability{"SMTPUTF8", "", "SMTPUTF8"},
    Capability{"STARTTLS", "STARTTLS", ""},
    Capability{"STLS", "STLS", ""},
    Capability{"TOP", "TOP", ""},
    Capability{"UIDL", "UIDL", ""},
    Capability{"USER", "USER PASS", ""},
    Capability{"UTF8", "UTF8", ""},
    Capability{"VRFY", "VRFY", ""},
    Capability{"XCLIENT", "XCLIENT", ""},
};

bool has_word(std::string_view words, std::string_view word) {
    const auto all = ascii::split_words(words);
    return std::find(all.begin(), all.end(), word) != all.end();
}

std::string parameter_name(std::string_view parameter) {
    return ascii::to_upper(parameter.substr(0, parameter.find('=')));
}

bool is_enhanced_code(std::string_view word) {
    return word.size() >= 5 && (word[0] == '2' || word[0] == '4' || word[0] == '5') && word[1] == '.' &&
           std::all_of(word.begin(), word.end(), [](char c) { return c == '.' || ascii::is_digit(c); });
}

// Without the word at `at` and the space behind it.
std::string without_word(std::string_view line, std::size_t at) {
    const std::size_t end = line.find(' ', at);
    return std::string(line.substr(0, at)) +
           std::string(end == std::string_view::npos ? "" : line.substr(end + 1));
}

std::vector<std::string> all_names() {
    std::vector<std::string> names;
    for (const Capability& capability : kCapabilities)
        names.emplace_back(capability.name);
    for (const std::string_view name : imap::server::capability_names())
        names.push_back(ascii::to_upper(name));
    sasl::ServerSettings every;
    every.scram_sha1 = every.scram_sha256 = every.passwords = every.tokens = every.cram_md5 = true;
    every.has_certificate = true;
    every.channel_binding = "tls-exporter";
    for (const std::string_view name : sasl::offered_mechanisms(every))
        names.push_back("AUTH=" + std::string(name));
    return names;
}

}  // namespace

Result<void> CapabilityMask::add(const std::string& names) {
    for (const std::string_view one : ascii::split(names, ',')) {
        const std::string name = ascii::to_upper(ascii::trim(one));
        const std::vector<std::string> all = all_names();
        if (std::find(all.begin(), all.end(), name) == all.end()) {
            const std::string near = nearest_word(name, all);
            return fail(Errc::usage, "--without " + name + ": no such capability" +
                                         (near.empty() ? "" : "; did you mean " + near + "?"));
        }
        names_.insert(name);
    }
    return {};
}

std::optional<std::string> CapabilityMask::refusal(FaultProtocol protocol, std::string_view verb,
                                                   std::string_view argument) const {
    const bool pop3 = protocol == FaultProtocol::pop3;
    for (const Capability& capability : kCapabilities) {
        if (!has(capability.name)) continue;
        if (has_word(capability.commands, verb))
            return pop3                         ? "-ERR Unknown command"
                   : has("ENHANCEDSTATUSCODES") ? "500 Command is not known"
                                                : "500 5.5.1 Command is not known";
        if (pop3 || (verb != "MAIL" && verb != "RCPT")) continue;
        for (const std::string_view word : ascii::split_words(argument)) {
            const std::string name = parameter_name(word);
            if (has_word(capability.parameters, name)) return "555 5.5.4 Parameter " + name + " is not known";
        }
    }
    return std::nullopt;
}

std::optional<std::string> CapabilityMask::masked(FaultProtocol protocol, std::string_view verb, bool listed,
                                                  std::string_view line) const {
    if (protocol == FaultProtocol::pop3) {
        if (listed && verb == "CAPA" && has(ascii::to_upper(line.substr(0, line.find(' ')))))
            return std::nullopt;
        if (verb.empty() && has("APOP")) return std::string(ascii::trim(line.substr(0, line.find('<'))));
        if (has("RESP-CODES") && line.starts_with("-ERR [")) return without_word(line, 5);
        return std::string(line);
    }
    if (listed && (verb == "EHLO" || verb == "LHLO")) {
        const std::string_view text = line.substr(std::min<std::size_t>(4, line.size()));
        if (has(ascii::to_upper(text.substr(0, text.find_first_of(" ="))))) return std::nullopt;
    }
    if (has("ENHANCEDSTATUSCODES") && line.size() > 4 &&
        is_enhanced_code(line.substr(4, line.find(' ', 4) - 4)))
        return without_word(line, 4);
    return std::string(line);
}

}  // namespace mailpipe::app::serve

#include "mailpipe/pop3/server_language.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::pop3 {
namespace {

struct Phrase {
    std::string_view english;  // "#" for each number, that of UTF8 as well
    std::string_view german;
};

constexpr std::array kPhrases{
    Phrase{"# messages (# octets)", "# Nachrichten (# Oktette)"},
    Phrase{"# octets", "# Oktette"},
    Phrase{"Bye", "Auf Wiedersehen"},
    Phrase{"Capability list follows", "Liste der Erweiterungen folgt"},
    Phrase{"Top of message follows", "Anfang der Nachricht folgt"},
    Phrase{"Message deleted", "Nachricht ist als entfernt vermerkt"},
    Phrase{"Begin TLS negotiation", "TLS kann beginnen"},
    Phrase{"UTF# enabled", "UTF# ist an"},
    Phrase{"Language listing follows", "Liste der Sprachen folgt"},
    Phrase{"Language is English", "Sprache ist Englisch"},
    Phrase{"Authentication failed", "Anmeldung abgewiesen"},
    Phrase{"Authentication cancelled", "Anmeldung abgebrochen"},
    Phrase{"The mailbox is in use by another session", "Das Postfach ist in einer anderen Sitzung offen"},
    Phrase{"The mailbox cannot be opened now", "Das Postfach kann jetzt nicht aufgemacht werden"},
    Phrase{"Wait # s between logins", "Zwischen zwei Anmeldungen liegen # s"},
    Phrase{"Login is not possible now", "Anmeldung ist jetzt nicht erreichbar"},
    Phrase{"Server shutting down", "Der Server wird beendet"},
    Phrase{"Some deleted messages were not removed", "Nicht alle Nachrichten wurden entfernt"},
    Phrase{"No such message", "Diese Nachricht gibt es nicht"},
    Phrase{"Message is deleted", "Diese Nachricht ist als entfernt vermerkt"},
    Phrase{"Message is gone", "Diese Nachricht ist verschwunden"},
    Phrase{"Message cannot be read", "Diese Nachricht kann nicht gelesen werden"},
    Phrase{"A message number is needed", "Die Nummer einer Nachricht fehlt"},
    Phrase{"TOP needs a message number and a number of lines",
           "TOP braucht eine Nachricht und eine Anzahl von Zeilen"},
    Phrase{"Unknown command, or too many arguments", "Unbekannter Befehl, oder zu viele Argumente"},
    Phrase{"Unknown command, or not after login", "Unbekannter Befehl, oder nicht nach der Anmeldung"},
    Phrase{"Unknown command, or not before login", "Unbekannter Befehl, oder nicht vor der Anmeldung"},
    Phrase{"Too many bad commands, closing", "Zu viele falsche Befehle, Ende der Sitzung"},
    Phrase{"Too many failed logins, closing", "Zu viele Anmeldungen abgewiesen, Ende der Sitzung"},
    Phrase{"Too many commands before login, closing", "Zu viele Befehle vor der Anmeldung, Ende der Sitzung"},
    Phrase{"Line too long, closing", "Zeile zu lang, Ende der Sitzung"},
    Phrase{"Control character in command", "Steuerzeichen im Befehl"},
    Phrase{"Use STLS first", "Zuerst STLS"},
    Phrase{"STLS is not available", "STLS gibt es hier nicht"},
    Phrase{"TLS is active already", "TLS ist schon an"},
    Phrase{"Login is not possible without TLS", "Ohne TLS keine Anmeldung"},
    Phrase{"USER needs a name", "USER braucht einen Namen"},
    Phrase{"USER first", "Zuerst USER"},
    Phrase{"PASS needs a password", "PASS braucht ein Passwort"},
    Phrase{"APOP is not available", "APOP gibt es hier nicht"},
    Phrase{"APOP needs a name and a digest", "APOP braucht einen Namen und einen Hash"},
    Phrase{"Unknown SASL mechanism", "Unbekanntes SASL-Verfahren"},
    Phrase{"The initial response is not base#", "Die erste Antwort ist nicht Base#"},
    Phrase{"The response is not base#", "Die Antwort ist nicht Base#"},
    Phrase{"The response is malformed", "Die Antwort ist fehlerhaft"},
    Phrase{"Unknown language", "Unbekannte Sprache"},
};

constexpr std::array<std::string_view, 2> kListing{"en English", "de Deutsch"};

// The text with "#" for each run of digits, and the runs.
std::pair<std::string, std::vector<std::string_view>> without_numbers(std::string_view text) {
    std::string shape;
    std::vector<std::string_view> numbers;
    while (!text.empty()) {
        if (!ascii::is_digit(text[0])) {
            shape += text[0];
            text.remove_prefix(1);
            continue;
        }
        const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
        shape += '#';
        numbers.push_back(text.substr(0, end));
        text.remove_prefix(end);
    }
    return {std::move(shape), std::move(numbers)};
}

// Behind "+OK " or "-ERR ", and behind a response code, where there is one.
std::size_t text_begin(std::string_view line) {
    const std::size_t begin = line.starts_with("+OK ") ? 4 : line.starts_with("-ERR ") ? 5 : line.size();
    if (begin >= line.size() || line[begin] != '[') return begin;
    const std::size_t end = line.find("] ", begin);
    return end == std::string_view::npos ? begin : end + 2;
}

}  // namespace

std::optional<Language> find_language(std::string_view range) {
    const std::string primary = ascii::to_lower(range.substr(0, range.find('-')));
    if (primary == "*" || primary == "en" || ascii::equals_ignore_case(range, "i-default"))
        return Language::english;
    if (primary == "de") return Language::german;
    return std::nullopt;
}

std::string_view tag_of(Language language) {
    return language == Language::german ? "de" : "en";
}

std::string_view language_listing(std::size_t index) {
    return index < kListing.size() ? kListing[index] : std::string_view();
}

std::string translate_status(Language language, std::string_view line) {
    const std::size_t begin = text_begin(line);
    if (language == Language::english || begin == line.size()) return std::string(line);
    const auto parts = without_numbers(line.substr(begin));
    const std::string& wanted = parts.first;
    const auto* found = std::find_if(kPhrases.begin(), kPhrases.end(),
                                     [&wanted](const Phrase& phrase) { return phrase.english == wanted; });
    if (found == kPhrases.end()) return std::string(line);
    std::string translated(line.substr(0, begin));
    auto number = parts.second.begin();
    for (const char c : found->german) {
        if (c == '#') {
            translated += *number++;
        } else {
            translated += c;
        }
    }
    return translated;
}

}  // namespace mailpipe::pop3

#include "mailpipe/imap/server/capabilities.hpp"

#include <algorithm>
#include <array>

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::imap::server {
namespace {

enum class When { always, before_login, after_login };

struct Entry {
    std::string_view name;
    When when;
};

// In the order of the announcement. What has a value or depends on more than the login has a rule in is_announced().
constexpr auto kTable = std::to_array<Entry>({
    {"IMAP4rev1", When::always},                // RFC 3501
    {"IMAP4rev2", When::always},                // RFC 9051
    {"LITERAL+", When::always},                 // RFC 7888
    {"LITERAL-", When::always},                 // the same, where LITERAL+ is masked
    {"ENABLE", When::always},                   // RFC 5161
    {"ID", When::always},                       // RFC 2971
    {"SASL-IR", When::before_login},            // RFC 4959
    {"STARTTLS", When::before_login},           // RFC 9051 section 6.2.1
    {"IDLE", When::after_login},                // RFC 2177
    {"NAMESPACE", When::after_login},           // RFC 2342
    {"UNSELECT", When::after_login},            // RFC 3691
    {"CHILDREN", When::after_login},            // RFC 3348
    {"LIST-EXTENDED", When::after_login},       // RFC 5258
    {"LIST-STATUS", When::after_login},         // RFC 5819
    {"LIST-MYRIGHTS", When::after_login},       // RFC 8440
    {"LIST-METADATA", When::after_login},       // RFC 9590
    {"SPECIAL-USE", When::after_login},         // RFC 6154
    {"CREATE-SPECIAL-USE", When::after_login},  // the same
    {"UIDPLUS", When::after_login},             // RFC 4315
    {"MOVE", When::after_login},                // RFC 6851
    {"MULTIAPPEND", When::after_login},         // RFC 3502
    {"CATENATE", When::after_login},            // RFC 4469
    {"URLAUTH", When::after_login},             // RFC 4467
    {"URLAUTH=BINARY", When::after_login},      // RFC 5524
    {"BINARY", When::after_login},              // RFC 3516
    {"CONDSTORE", When::after_login},           // RFC 7162
    {"QRESYNC", When::after_login},             // the same
    {"ESEARCH", When::after_login},             // RFC 4731
    {"SEARCHRES", When::after_login},           // RFC 5182
    {"MULTISEARCH", When::after_login},         // RFC 7377
    {"CONTEXT=SEARCH", When::after_login},      // RFC 5267
    {"CONTEXT=SORT", When::after_login},        // the same
    {"ESORT", When::after_login},               // the same
    {"PARTIAL", When::after_login},             // RFC 9394
    {"SORT", When::after_login},                // RFC 5256
    {"SORT=DISPLAY", When::after_login},        // RFC 5957
    {"THREAD=REFERENCES", When::after_login},   // RFC 5256
    {"THREAD=ORDEREDSUBJECT", When::after_login},
    {"WITHIN", When::after_login},          // RFC 5032
    {"SEARCH=FUZZY", When::after_login},    // RFC 6203
    {"PREVIEW", When::after_login},         // RFC 8970
    {"SAVEDATE", When::after_login},        // RFC 8514
    {"OBJECTID", When::after_login},        // RFC 8474
    {"STATUS=SIZE", When::after_login},     // RFC 8438
    {"STATUS=DELETED", When::after_login},  // RFC 9051 appendix E
    {"APPENDLIMIT", When::after_login},     // RFC 7889
    {"QUOTA", When::after_login},           // RFC 9208
    {"QUOTA=RES-STORAGE", When::after_login},
    {"QUOTA=RES-MESSAGE", When::after_login},
    {"QUOTASET", When::after_login},
    {"ACL", When::after_login},               // RFC 4314
    {"RIGHTS=texk", When::after_login},       // the same
    {"METADATA", When::after_login},          // RFC 5464
    {"METADATA-SERVER", When::after_login},   // the same
    {"NOTIFY", When::after_login},            // RFC 5465
    {"COMPRESS=DEFLATE", When::after_login},  // RFC 4978
    {"UTF8=ACCEPT", When::after_login},       // RFC 6855
    {"I18NLEVEL=1", When::after_login},       // RFC 5255
    {"I18NLEVEL=2", When::after_login},       // the same
    {"REPLACE", When::after_login},           // RFC 8508
    {"UIDONLY", When::after_login},           // RFC 9586
    {"MESSAGELIMIT", When::after_login},      // RFC 9738
    {"INPROGRESS", When::after_login},        // RFC 9585
    {"UNAUTHENTICATE", When::after_login},    // RFC 8437
});

bool is_masked(const Options& options, std::string_view name) {
    return std::any_of(options.without.begin(), options.without.end(),
                       [name](const std::string& masked) { return ascii::equals_ignore_case(masked, name); });
}

bool is_announced(const Options& options, const Entry& entry, Phase phase) {
    if (entry.when == When::before_login && phase != Phase::before_login) return false;
    if (entry.when == When::after_login && phase != Phase::after_login) return false;
    if (!offers_capability(options, entry.name)) return false;
    if (entry.name == "LITERAL-") return is_masked(options, "LITERAL+");
    if (entry.name == "STARTTLS") return options.tls_available && !options.tls_active;
    if (entry.name == "SASL-IR") return login_possible(options);
    return true;
}

std::string announced_name(const Options& options, const Entry& entry) {
    std::string name(entry.name);
    if (entry.name == "APPENDLIMIT" && options.max_message_size > 0)
        name += '=' + std::to_string(options.max_message_size);
    if (entry.name == "MESSAGELIMIT") name += '=' + std::to_string(options.message_limit);
    return name;
}

}  // namespace

bool offers_capability(const Options& options, std::string_view name) {
    const bool known = std::any_of(kTable.begin(), kTable.end(), [name](const Entry& entry) {
        return ascii::equals_ignore_case(entry.name, name);
    });
    if (!known || is_masked(options, name)) return false;
    if (name == "MESSAGELIMIT") return options.message_limit > 0;
    return true;
}

std::vector<std::string_view> capability_names() {
    std::vector<std::string_view> names;
    for (const Entry& entry : kTable)
        names.push_back(entry.name);
    return names;
}

bool mechanism_masked(const Options& options, std::string_view mechanism) {
    return is_masked(options, "AUTH=" + std::string(mechanism));
}

bool login_possible(const Options& options) {
    return options.tls_active || options.login_without_tls;
}

std::string encode_capabilities(const Options& options, Phase phase) {
    std::string out = "CAPABILITY";
    for (const Entry& entry : kTable) {
        if (is_announced(options, entry, phase)) out += ' ' + announced_name(options, entry);
    }
    if (phase != Phase::before_login) return out;
    if (!login_possible(options)) return out + " LOGINDISABLED";
    for (const std::string_view name : sasl::offered_mechanisms(options.sasl)) {
        if (!mechanism_masked(options, name)) out += " AUTH=" + std::string(name);
    }
    return out;
}

}  // namespace mailpipe::imap::server

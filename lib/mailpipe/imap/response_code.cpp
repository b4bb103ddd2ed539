#include "mailpipe/imap/response_code.hpp"

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::imap {
namespace {

struct CodeKind {
    std::string_view code;
    Errc kind;
};

constexpr CodeKind kKinds[] = {
    {"AUTHENTICATIONFAILED", Errc::auth},
    {"AUTHORIZATIONFAILED", Errc::auth},
    {"EXPIRED", Errc::auth},
    {"PRIVACYREQUIRED", Errc::auth},
    {"NOPERM", Errc::auth},
    {"UNAVAILABLE", Errc::temporary},
    {"INUSE", Errc::temporary},
    {"LIMIT", Errc::temporary},
    {"EXPUNGEISSUED", Errc::temporary},
    {"THROTTLED", Errc::temporary},
    {"CONTACTADMIN", Errc::unavailable},
    {"CORRUPTION", Errc::unavailable},
    {"SERVERBUG", Errc::unavailable},
    {"CLIENTBUG", Errc::protocol},
    {"PARSE", Errc::protocol},
    {"NONEXISTENT", Errc::not_found},
    {"TRYCREATE", Errc::not_found},
    {"BADCHARSET", Errc::unsupported},
    {"OVERQUOTA", Errc::permanent},
    {"CANNOT", Errc::permanent},
    {"ALREADYEXISTS", Errc::permanent},
};

}  // namespace

bool ResponseText::has_code(std::string_view name) const {
    return ascii::equals_ignore_case(code, name);
}

// resp-text = ["[" resp-text-code "]" SP] text
ResponseText parse_response_text(std::string_view text) {
    ResponseText out{{}, {}, text};
    if (text.empty() || text[0] != '[') return out;
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return out;
    const std::string_view inside = text.substr(1, end - 1);
    const std::size_t space = inside.find(' ');
    out.code = inside.substr(0, space);
    if (space != std::string_view::npos) out.arguments = inside.substr(space + 1);
    out.text = text.substr(end + 1);
    if (!out.text.empty() && out.text[0] == ' ') out.text.remove_prefix(1);
    return out;
}

Errc kind_of_code(std::string_view code, Errc otherwise) {
    for (const CodeKind& known : kKinds) {
        if (ascii::equals_ignore_case(code, known.code)) return known.kind;
    }
    return otherwise;
}

Error refusal(std::string_view what, const ResponseText& response, Errc otherwise) {
    std::string message = std::string(what) + ":";
    if (!response.code.empty()) message += " [" + std::string(response.code) + "]";
    message += response.text.empty() ? std::string(" no reason given") : " " + std::string(response.text);
    return Error{kind_of_code(response.code, otherwise), std::move(message),
                 ServerReply{0, std::string(response.code), std::string(response.text)}};
}

}  // namespace mailpipe::imap

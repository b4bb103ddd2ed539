#include <algorithm>
#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/imap/server/parse_command.hpp"

// RFC 4467 section 9, RFC 5524 section 6.
namespace mailpipe::imap::server {
namespace {

// A URL is ASCII (RFC 3986); what is none is refused before it is looked at or given back.
Result<std::string> parse_url(CommandReader& in) {
    auto url = in.astring("url");
    if (!url) return url;
    const bool plain =
        !url->empty() && std::all_of(url->begin(), url->end(), [](char c) { return c > 0x20 && c < 0x7F; });
    if (!plain) return in.expected("url");
    return url;
}

// url-fetch-ext = "(" astring *(SP url-fetch-param) ")"
Result<UrlFetch::Url> parse_extended_url(CommandReader& in) {
    UrlFetch::Url out;
    out.extended = true;
    auto url = parse_url(in);
    if (!url) return tl::unexpected(url.error());
    out.url = std::move(*url);
    while (in.take(' ')) {
        const auto name = in.keyword("url-fetch-param");
        if (!name) return tl::unexpected(name.error());
        if (*name == "BODY") {
            out.body = true;
        } else if (*name == "BODYPARTSTRUCTURE") {
            out.body_part_structure = true;
        } else if (*name == "BINARY") {
            out.binary = true;
        } else {
            return fail(Errc::protocol, "url-fetch-param is not known");
        }
    }
    if (out.body && out.binary) return fail(Errc::protocol, "BODY and BINARY exclude each other");
    if (!in.take(')')) return in.expected("\")\"");
    return out;
}

}  // namespace

// genurlauth = "GENURLAUTH" 1*(SP url-rump SP mechanism)
Result<Command> parse_genurlauth(CommandReader& in, const ParseContext&) {
    GenUrlAuth out;
    do {
        if (auto space = in.space(); !space) return tl::unexpected(space.error());
        auto url = parse_url(in);
        if (!url) return tl::unexpected(url.error());
        if (auto space = in.space(); !space) return tl::unexpected(space.error());
        auto mechanism = in.keyword("mechanism");
        if (!mechanism) return tl::unexpected(mechanism.error());
        out.rumps.emplace_back(std::move(*url), std::move(*mechanism));
    } while (!in.at_end());
    return finish(in, std::move(out));
}

// resetkey = "RESETKEY" [SP mailbox *(SP mechanism)]. There is one mechanism, so that none needs to be kept apart.
Result<Command> parse_resetkey(CommandReader& in, const ParseContext&) {
    ResetKey out;
    if (in.take(' ')) {
        auto mailbox = in.mailbox();
        if (!mailbox) return tl::unexpected(mailbox.error());
        out.mailbox = std::move(*mailbox);
        while (in.take(' ')) {
            const auto mechanism = in.keyword("mechanism");
            if (!mechanism) return tl::unexpected(mechanism.error());
            if (*mechanism != "INTERNAL") return fail(Errc::unsupported, "mechanism is not known");
        }
    }
    return finish(in, std::move(out));
}

// urlfetch = "URLFETCH" 1*(SP (url-full / url-fetch-ext))
Result<Command> parse_urlfetch(CommandReader& in, const ParseContext& context) {
    UrlFetch out;
    do {
        if (auto space = in.space(); !space) return tl::unexpected(space.error());
        if (context.offers("URLAUTH=BINARY") && in.take('(')) {
            auto url = parse_extended_url(in);
            if (!url) return tl::unexpected(url.error());
            out.urls.push_back(std::move(*url));
            continue;
        }
        auto url = parse_url(in);
        if (!url) return tl::unexpected(url.error());
        UrlFetch::Url one;
        one.url = std::move(*url);
        out.urls.push_back(std::move(one));
    } while (!in.at_end());
    return finish(in, std::move(out));
}

}  // namespace mailpipe::imap::server

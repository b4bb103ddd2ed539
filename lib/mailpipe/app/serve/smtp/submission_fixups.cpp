#include "mailpipe/app/serve/smtp/submission_fixups.hpp"

#include "mailpipe/app/send/header_envelope.hpp"
#include "mailpipe/app/send/message_defaults.hpp"
#include "mailpipe/mime/header.hpp"

namespace mailpipe::app::serve {

Result<Fixups> make_fixups(const HeaderHold& held, const smtp::Mailbox& sender) {
    const mime::Header header = mime::parse_header(held.text());
    if (held.truncated() || !header.limits.empty())
        return fail(Errc::limit, "the header exceeds kHeaderSize or kHeaderFields");
    auto fields = missing_fields(header, {"", sender.encode()});
    if (!fields) return tl::unexpected(fields.error());
    // What begins without a header is all text.
    if (header.fields.empty() && !held.text().starts_with("\r\n")) *fields += "\r\n";
    return Fixups{std::move(*fields), find_blind_fields(header)};
}

}  // namespace mailpipe::app::serve

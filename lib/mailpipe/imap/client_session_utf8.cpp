#include <algorithm>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/imap/client_session_impl.hpp"
#include "mailpipe/imap/modified_utf7.hpp"

namespace mailpipe::imap {

bool ClientSession::Impl::is_utf8_enabled() const {
    return std::find(enabled.begin(), enabled.end(), "UTF8=ACCEPT") != enabled.end();
}

// RFC 6855 section 3: UTF-8 instead of modified UTF-7, once it is enabled.
Result<std::string> ClientSession::Impl::wire_name(std::string_view mailbox) const {
    if (!is_utf8_enabled()) return encode_mailbox_name(mailbox);
    if (!is_utf8(mailbox) || std::any_of(mailbox.begin(), mailbox.end(), ascii::is_control))
        return fail(Errc::usage, "the name of a mailbox has to be UTF-8 without control characters");
    return std::string(mailbox);
}

}  // namespace mailpipe::imap

#include "mailpipe/app/serve/imap/outcome.hpp"

namespace mailpipe::app::serve {

Outcome no_such_mailbox() {
    return refused("NONEXISTENT", "There is no such mailbox");
}

Outcome refusal_of(const Error& error) {
    switch (error.kind) {
        case Errc::not_found:
            return no_such_mailbox();
        case Errc::unavailable:
            return refused("ALREADYEXISTS", "There is a mailbox of that name");
        case Errc::usage:
        case Errc::permanent:
            return refused("CANNOT", error.message);
        case Errc::limit:
            return refused("LIMIT", error.message);
        case Errc::auth:
            return refused("NOPERM", error.message);
        case Errc::unsupported:
            return refused("CANNOT", error.message);
        case Errc::temporary:
            return refused("INUSE", "Try again later");
        default:
            // The user can do something about a full disk; everything else is ours.
            if (error.message.find("No space left") != std::string::npos)
                return refused("OVERQUOTA", "The disk is full");
            return refused("SERVERBUG", "The mailbox cannot be read or written now");
    }
}

}  // namespace mailpipe::app::serve

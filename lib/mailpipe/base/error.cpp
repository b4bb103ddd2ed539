#include "mailpipe/base/error.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

namespace mailpipe {

Fail fail(Errc kind, std::string message) {
    return Fail{Error{kind, std::move(message), std::nullopt}};
}

Fail fail(Errc kind, std::string message, ServerReply reply) {
    return Fail{Error{kind, std::move(message), std::move(reply)}};
}

Fail fail_errno(int error_number, std::string_view what, bool creating) {
    Errc kind = Errc::io;
    switch (error_number) {
        case EACCES:
        case EPERM:
        case EROFS:
        case ENOTDIR:
            kind = creating ? Errc::cannot_create : Errc::io;
            break;
        case ENOENT:
            kind = creating ? Errc::cannot_create : Errc::not_found;
            break;
        default:
            break;
    }
    return fail(kind, std::string(what) + ": " + std::generic_category().message(error_number));
}

}  // namespace mailpipe

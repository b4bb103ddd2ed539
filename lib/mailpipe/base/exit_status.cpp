#include "mailpipe/base/exit_status.hpp"

#include <algorithm>
#include <array>

namespace mailpipe {

int exit_status(Errc kind) {
    switch (kind) {
        case Errc::usage:
            return 64;
        case Errc::data:
            return 65;
        case Errc::not_found:
            return 66;
        case Errc::no_user:
            return 67;
        case Errc::no_host:
            return 68;
        case Errc::unavailable:
        case Errc::permanent:
        case Errc::unsupported:
            return 69;
        case Errc::cannot_create:
            return 73;
        case Errc::io:
            return 74;
        case Errc::temporary:
            return 75;
        case Errc::protocol:
        case Errc::limit:
        case Errc::tls:
            return 76;
        case Errc::auth:
            return 77;
        case Errc::config:
            return 78;
    }
    return 70;
}

int worse_exit_status(int a, int b) {
    static constexpr std::array kOrder{70, 74, 73, 78, 77, 76, 69, 68, 67, 66, 65, 64, 75, 0};
    for (int status : kOrder) {
        if (a == status || b == status) return status;
    }
    return std::max(a, b);
}

}  // namespace mailpipe

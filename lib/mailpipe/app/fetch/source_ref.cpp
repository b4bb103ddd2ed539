#include "mailpipe/app/fetch/source_ref.hpp"

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app {

std::string ref_at_source(const Location& source, const FetchState& state, const std::string& key) {
    if (key.empty()) return {};
    Location ref = source;
    if (ref.scheme == Scheme::pop3 || ref.scheme == Scheme::pop3s) {
        if (key.find(' ') != std::string::npos) return {};
        ref.uidl = key;
        return encode(ref);
    }
    const auto uid = ascii::parse_number(key);
    if (!uid || !state.validity()) return {};
    ref.uid_validity = state.validity();
    ref.uid = static_cast<std::uint32_t>(*uid);
    return encode(ref);
}

}  // namespace mailpipe::app

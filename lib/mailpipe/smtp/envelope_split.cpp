#include "mailpipe/smtp/envelope_split.hpp"

#include <limits>
#include <set>
#include <string_view>
#include <utility>

namespace mailpipe::smtp {
namespace {

std::size_t limit_of(std::uint64_t offered) {
    return offered == 0 ? std::numeric_limits<std::size_t>::max() : static_cast<std::size_t>(offered);
}

}  // namespace

std::vector<std::vector<std::size_t>> split_recipients(const Envelope& envelope, const Capabilities& offered) {
    const std::size_t most = limit_of(offered.recipients_max);
    const std::size_t most_domains = limit_of(offered.recipient_domains_max);
    std::vector<std::size_t> left(envelope.recipients.size());
    for (std::size_t i = 0; i < left.size(); ++i)
        left[i] = i;
    if (offered.recipients_max == 0 && offered.recipient_domains_max == 0) return {std::move(left)};
    std::vector<std::vector<std::size_t>> parts;
    do {
        std::vector<std::size_t> part;
        std::vector<std::size_t> later;
        std::set<std::string_view> domains;
        for (const std::size_t index : left) {
            const std::string_view domain = envelope.recipients[index].domain;
            const bool fits = part.size() < most && (domains.contains(domain) || domains.size() < most_domains);
            if (fits) domains.insert(domain);
            (fits ? part : later).push_back(index);
        }
        parts.push_back(std::move(part));
        left = std::move(later);
    } while (!left.empty());
    return parts;
}

}  // namespace mailpipe::smtp

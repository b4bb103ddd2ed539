#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "mailpipe/app/serve/delivery/quota.hpp"
#include "mailpipe/app/serve/imap/imap_state.hpp"
#include "mailpipe/imap/server/session.hpp"

namespace mailpipe::app::serve {

// An APPEND or REPLACE as it comes in. Each member but end() yields the refusal, or nothing to go on; they read and write the
// disk. What was not ended is dropped.
class Appending {
 public:
    using Refusal = std::optional<Outcome>;

    // `quota` outlives it.
    explicit Appending(Quota& quota) : quota_(quota) {}

    Refusal begin(Work& work, const imap::server::AppendBegan& event);
    Refusal message(const Work& work, const imap::server::AppendMessage& event);
    Refusal literal(const Work& work, const imap::server::AppendLiteral& event);
    void octets(std::string_view text);  // an error comes back from message_end()
    Refusal url(Work& work, const imap::server::AppendUrl& event);
    Refusal message_end();
    Outcome end(Work& work);

 private:
    Refusal over_quota(const Work& work);

    Result<std::vector<index::Uid>> commit(Work& work);

    Quota& quota_;
    Place place_;
    std::string name_;  // as the client names it
    std::string account_path_;
    std::shared_ptr<index::Mailbox> mailbox_;
    std::unique_ptr<index::Mailbox::Append> append_;
    std::optional<index::Uid> replaced_;
    std::size_t messages_ = 0;
    std::uint64_t octets_ = 0;  // of all messages
    std::uint64_t message_octets_ = 0;
    std::optional<Error> error_;
};

}  // namespace mailpipe::app::serve

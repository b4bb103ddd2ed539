#pragma once

#include <cstddef>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/app/fetch/delivery.hpp"
#include "mailpipe/app/header_hold.hpp"
#include "mailpipe/app/list/candidate.hpp"
#include "mailpipe/app/message_spool.hpp"
#include "mailpipe/email/search.hpp"

namespace mailpipe::app {

// Holds a message that comes in pieces until it is known which rule it fits, which is at the end of its header where
// the rules ask for no more than that.
class Router {
 public:
    struct Rule {
        email::Query query;
        std::size_t target = 0;
    };
    // `other`: where goes what fits none. `has_uids`: the source gives messages UIDs (IMAP).
    Router(std::vector<Rule> rules, std::size_t other, bool has_uids);

    void begin();
    // The target, from the piece on that decides. Errors: those of MessageSpool.
    Result<std::optional<std::size_t>> append(std::string_view crlf_text);
    // The same at the end, where all is decided. A message whose source gives no date came when its Received fields,
    // or Date, say (POP3).
    Result<std::size_t> finish(const Message& message);
    // What was held, from then on.
    MessageSpool& text() { return text_; }

 private:
    std::optional<std::size_t> decide_by_header();
    Result<bool> fits(const Rule& rule);
    Result<std::string> searched_text();

    std::vector<Rule> rules_;
    std::vector<bool> by_header_;  // of each rule
    std::size_t other_;
    bool has_uids_;
    std::size_t next_ = 0;  // of rules_: those before do not fit
    bool header_read_ = false;
    HeaderHold header_;
    MessageSpool text_;
    Candidate candidate_;
};

// Of a larger message BODY and TEXT look at so many octets.
inline constexpr std::size_t kSearchedOctets = 64U << 20;

}  // namespace mailpipe::app

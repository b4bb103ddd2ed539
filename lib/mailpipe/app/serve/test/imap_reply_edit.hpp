#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mailpipe/app/serve/test/fault.hpp"
#include "mailpipe/app/serve/test/imap_segments.hpp"

namespace mailpipe::app::serve {

// The responses to one IMAP command on their way to the peer: tells the lies of a fault. What stands in quoted strings and
// literals passes unchanged, but that a fault may cut a literal short.
class ImapReplyEdit {
 public:
    using Segment = ImapSegments::Segment;

    // `fault` may be nullptr, and must outlive the command.
    void begin(std::string tag, std::string verb, const Fault* fault);
    // Instead of the tagged response, without the tag.
    void set_result(std::string result) { result_ = std::move(result); }

    std::string edit(const Segment& segment);
    // Behind what it gave last, the connection ends.
    bool ended() const { return ended_; }

    enum class Kind { untagged, continuation, tagged };
    static Kind kind_of(std::string_view line);

 private:
    void begin_response(std::string_view line, std::string& out);
    std::string edit_literal(std::string_view octets);
    std::string edit_line(std::string_view line);
    const NumberChange* lie_about(std::string_view word) const;

    std::string tag_;
    std::string verb_;
    const Fault* fault_ = nullptr;
    std::optional<std::string> result_;
    std::uint64_t responses_ = 0;
    bool ended_ = false;

    // Of the response that passes.
    Kind kind_ = Kind::untagged;
    bool is_status_ = false;  // OK, NO, BAD, BYE and PREAUTH: only what stands in brackets is data
    int depth_ = 0;           // of parentheses
    int brackets_ = 0;
    std::uint64_t literal_size_ = 0;
    std::uint64_t literal_octets_ = 0;
};

}  // namespace mailpipe::app::serve

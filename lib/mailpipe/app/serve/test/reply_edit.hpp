#pragma once

#include <string>
#include <string_view>

#include "mailpipe/app/serve/test/capability_mask.hpp"
#include "mailpipe/app/serve/test/fault.hpp"

namespace mailpipe::app::serve {

// The reply to one command on its way to the peer: hides capabilities and tells the lies of a fault. Replies come as
// sessions make them, in whole lines; the text of a message passes unchanged.
class ReplyEdit {
 public:
    // `mask` must outlive it. `verb` is upper case, empty for the greeting; `argument` without white space around it.
    ReplyEdit(FaultProtocol protocol, const CapabilityMask& mask) : protocol_(protocol), mask_(mask) {}
    void begin(std::string verb, std::string_view argument, const Fault* fault);

    std::string edit(std::string octets);

 private:
    bool is_passed() const;
    std::string edit_line(std::string_view line);
    void edit_status_line(std::string& line) const;
    void edit_uid(std::string& line, std::size_t begin);
    void edit_listing_line(std::string& line) const;
    void end_lines(std::string& out) const;

    FaultProtocol protocol_;
    const CapabilityMask& mask_;
    std::string verb_;
    bool has_argument_ = false;
    const Fault* fault_ = nullptr;
    std::size_t lines_ = 0;
    std::string first_uid_;
};

}  // namespace mailpipe::app::serve

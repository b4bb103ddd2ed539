#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "mailpipe/app/display_width.hpp"
#include "mailpipe/app/show/html_view.hpp"
#include "mailpipe/app/show/plain_text.hpp"
#include "mailpipe/app/show/views.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/email/delivery_report.hpp"
#include "mailpipe/email/disposition_report.hpp"
#include "mailpipe/email/feedback_report.hpp"

using namespace mailpipe;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

// Whatever the text holds, what is shown of it is harmless, and all of it lines.
void check(const app::TextBlocks& blocks) {
    for (const std::size_t width : {0, 20}) {
        const std::string lines = app::lay_out(blocks, {.width = width});
        require(lines.empty() || lines.ends_with('\n'));
        require(lines == terminal_text(lines, true));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    std::string utf8;
    for (std::string_view rest = text; !rest.empty();) {
        const std::size_t length = utf8_sequence_length(rest);
        utf8 += length == 0 ? "\uFFFD" : rest.substr(0, length);
        rest.remove_prefix(std::max<std::size_t>(1, length));
    }
    check(app::html_blocks(utf8, size % 50));
    check(app::html_blocks(text, 0));
    check(app::plain_blocks(text));
    check(app::flowed_blocks(text, size % 2 == 0));
    require(app::display_width(app::fit(utf8, 7)) == 7);
    for (const auto& recipient : email::parse_delivery_report(text).recipients)
        require(!email::delivery_sentence(recipient).empty());
    require(!email::disposition_sentence(email::parse_disposition_report(text)).empty());
    require(!email::feedback_sentence(email::parse_feedback_report(text)).empty());
    for (const std::string& view : {app::text_view(text, {.width = 40}), app::header_view(text, {})})
        require(view == terminal_text(view, true));
    return 0;
}

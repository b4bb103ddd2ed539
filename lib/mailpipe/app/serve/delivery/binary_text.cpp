#include "mailpipe/app/serve/delivery/binary_text.hpp"

#include "mailpipe/app/outgoing_text.hpp"
#include "mailpipe/app/send/conversion.hpp"

namespace mailpipe::app::serve {

Result<std::shared_ptr<SpooledMessage>> make_lines(const SpooledMessage& binary,
                                                   const std::string& spool_directory, SpoolBudget& budget) {
    OutgoingText given(TextUse::binary);
    OutgoingText lines(TextUse::relay);
    auto done = binary.read([&given](std::string_view piece) { return given.append(piece); });
    if (done) done = given.finish();
    if (done) done = convert(given, Unfit::binary, lines);
    if (!done) return tl::unexpected(done.error());
    auto message = std::make_shared<SpooledMessage>(spool_directory, budget);
    lines.rewind();
    while (true) {
        auto piece = lines.read();
        if (!piece) return tl::unexpected(piece.error());
        if (piece->empty()) return message;
        if (auto kept = message->append(*piece); !kept) return tl::unexpected(kept.error());
    }
}

}  // namespace mailpipe::app::serve

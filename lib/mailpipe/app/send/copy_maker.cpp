#include "mailpipe/app/send/copy_maker.hpp"

namespace mailpipe::app {

Result<std::unique_ptr<CopyMaker>> CopyMaker::open(const std::string& location, config::Accounts& accounts,
                                                   Trace* trace, Diagnostics& diagnostics) {
    auto place = accounts.locate_one(location);
    if (!place) return fail(place.error().kind, "--fcc: " + place.error().message);
    auto copies = open_sent_copies(*place, accounts, trace, diagnostics);
    if (!copies) return fail(copies.error().kind, "--fcc: " + copies.error().message);
    return std::unique_ptr<CopyMaker>(new CopyMaker(std::move(*place), std::move(*copies)));
}

CopyOutcome CopyMaker::make(OutgoingText& text) {
    const std::lock_guard lock(mutex_);
    const auto read = [&text] { return text.read(); };
    text.leave_out({});
    text.rewind();
    CopyOutcome outcome{encode(location_), std::nullopt};
    auto made = copies_->add(read);
    if (made) return outcome;
    outcome.error = Error{made.error().kind, "sent, copy failed: " + made.error().message};
    text.rewind();
    if (auto kept = keep_copy(location_, read); kept) {
        outcome.error->message += "; mail-send --retry-fcc makes it";
    } else {
        outcome.error->message += "; and it could not be kept: " + kept.error().message;
    }
    return outcome;
}

}  // namespace mailpipe::app

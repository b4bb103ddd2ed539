#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mailpipe/app/serve/test/imap_command.hpp"
#include "mailpipe/app/serve/test/imap_reply_edit.hpp"
#include "mailpipe/app/serve/test/imap_segments.hpp"
#include "mailpipe/app/serve/test/tap.hpp"

namespace mailpipe::app::serve {

// A Tap for IMAP. imap_tap_input.cpp has the commands, imap_tap.cpp the responses.
class ImapTap : public Tap {
 public:
    explicit ImapTap(Options options) : Tap(std::move(options)) {}

    Effect sent(std::string octets) override;

 private:
    // Whose the next octets of the peer are: a new command's; those of a literal, and the line behind it, both of the
    // command that goes on; the same of one that was refused; of AUTHENTICATE; of IDLE.
    enum class Mode { command, literal, rest, dropped_literal, dropped_rest, auth, idle };
    struct Pending {  // the command that the session works on
        ImapCommand is;
        bool body_begun = false;
        bool completed = false;
        std::optional<Then> ends;  // the connection, behind the tagged response
    };

    std::optional<Step> take() override;
    std::optional<Step> take_line();
    std::optional<Step> take_literal();
    std::optional<Step> take_name();
    Step on_line(std::string line);
    Step on_command(std::string line);
    Step reach(std::string octets);
    Step on_rest(std::string line);
    Step on_end(std::string line);
    Step on_auth_response(std::string line);
    Step on_done(std::string line);
    Step act(const Fault& fault, std::string octets);
    Step pass(std::string octets);
    // The session hears `octets`, which end the command, and its answer goes nowhere; the peer sees what `fault` wants.
    Step cancel(const Fault& fault, std::string octets);
    void expect(std::string_view line, Mode literal, Mode rest);
    void begin_reply(const Fault* fault);
    void note_user(std::string_view encoded);
    void log_line(std::string_view line);

    std::string worded(const Fault& fault) const override;
    bool is_farewell(std::string_view reply) const override;
    Effect greet(std::string octets);
    void on_continuation();
    // false: it is not to be seen.
    bool on_tagged(std::string_view line, Effect& effect);
    void follow(std::string_view line);

    ImapSegments responses_;
    ImapReplyEdit edit_;
    Mode mode_ = Mode::command;
    std::uint64_t literal_left_ = 0;
    bool asks_ = false;         // the peer waits for the continuation request, or a refusal, before the literal
    bool takes_name_ = false;   // the literal is the name of the user or the mailbox
    bool broken_line_ = false;  // a piece of a line went on without its end

    Pending pending_;
    std::string selected_;
    std::string mechanism_;  // of the AUTHENTICATE that goes on
    bool user_asked_ = false;
    bool cancelling_ = false;  // until the tagged response
};

}  // namespace mailpipe::app::serve

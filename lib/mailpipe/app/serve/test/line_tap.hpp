#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/app/serve/test/data_end.hpp"
#include "mailpipe/app/serve/test/reply_edit.hpp"
#include "mailpipe/app/serve/test/tap.hpp"

namespace mailpipe::app::serve {

// A Tap for SMTP, LMTP and POP3, where a command is a line. line_tap_input.cpp has the commands, line_tap.cpp the
// replies.
class LineTap : public Tap {
 public:
    explicit LineTap(Options options);

    Effect sent(std::string octets) override;
    std::vector<bool> message_ends() override;

 private:
    enum class Mode { commands, auth, body, chunk, skipped_chunk };
    struct Pending {  // the command that the session works on
        std::string verb;
        std::string sender;
        std::string recipient;
        bool ends_message = false;
        bool answered = false;
    };

    std::optional<Step> take() override;
    std::optional<Step> take_line();
    std::optional<Step> take_body();
    std::optional<Step> take_chunk();
    Step on_command(std::string line);
    Step on_auth_response(std::string line);
    Step refuse(std::string reply);
    Step act(const Fault& fault, std::string line);
    Step pass(std::string octets);
    void note_command(std::string_view verb, std::string_view argument);
    void note_user(std::string_view encoded);
    void begin_chunk(std::string_view argument, bool passed);

    bool is_farewell(std::string_view reply) const override;
    Effect greet(std::string octets);
    void follow(std::string_view reply);
    std::string merged_replies(std::string_view octets);
    bool is_smtp() const { return options_.protocol != FaultProtocol::pop3; }

    ReplyEdit edit_;
    Mode mode_ = Mode::commands;
    bool closed_to_service_ = false;  // SMTP: the greeting was no 220

    Pending pending_;
    std::string mechanism_;  // of the AUTH that goes on
    bool user_asked_ = false;
    bool cancelling_ = false;  // the session's answer to our own "*" is not the peer's

    DataEnd data_end_;
    std::uint64_t chunk_left_ = 0;
    bool chunking_ = false;                            // a message that comes in chunks has begun
    std::vector<std::optional<std::string>> replies_;  // in place of the session's, one for each recipient
};

}  // namespace mailpipe::app::serve

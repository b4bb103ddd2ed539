#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mailpipe/app/serve/events.hpp"
#include "mailpipe/app/serve/test/capability_mask.hpp"
#include "mailpipe/app/serve/test/data_end.hpp"
#include "mailpipe/app/serve/test/dialogue_log.hpp"
#include "mailpipe/app/serve/test/fault_set.hpp"
#include "mailpipe/app/serve/test/reply_edit.hpp"

namespace mailpipe::app::serve {

// Between a peer and its session, without I/O: takes the peer's commands apart, hands them to the session one at a time,
// and changes what it answers as faults and the mask want it. Neither of the two knows.
class Tap {
 public:
    struct Options {
        FaultProtocol protocol = FaultProtocol::smtp;
        std::uint64_t connection = 0;
        FaultSet* faults = nullptr;  // these outlive it
        const CapabilityMask* mask = nullptr;
        std::function<void(Json)> tell;  // of the events "fault"
        std::string log;                 // what the log of the dialogue begins with; empty: there is none
    };
    explicit Tap(Options options);

    // What is to be done to the peer, in this order.
    enum class Then { go_on, close, reset, hang };
    struct Effect {
        std::chrono::milliseconds delay{};
        std::string octets = {};
        std::uint64_t rate = 0;  // octets a second; 0: as fast as it goes
        Then then = Then::go_on;
    };
    struct ToSession {
        std::string octets;  // empty: the end of the stream
    };
    struct NeedOctets {};
    using Step = std::variant<NeedOctets, Effect, ToSession>;

    Effect connected();
    // Empty: the end of the stream.
    void received(std::string_view octets);
    // When the session needs input.
    Step next();
    // What the session has to say, on its way to the peer.
    Effect sent(std::string octets);

    struct Handshake {
        Effect effect;
        bool expired = false;  // an expired certificate is to be shown
    };
    Handshake tls_begins();
    void tls_started();

    // The end of a message has come, before anything of it is stored: for each of the recipients that the session has
    // accepted, whether it is refused in spite of that. All or nothing but in LMTP. The replies that the session makes
    // of it are replaced.
    std::vector<bool> message_ends();

    std::string take_log() { return log_.take(); }

 private:
    enum class Mode { commands, auth, body, chunk, skipped_chunk };
    struct Pending {  // the command that the session works on
        std::string verb;
        std::string sender;
        std::string recipient;
        bool ends_message = false;
        bool answered = false;
    };

    // tap_input.cpp
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
    ToSession piece(std::size_t size);

    // tap.cpp
    const Fault* fire(std::string point, bool is_command = false);
    Effect greet(std::string octets);
    Effect shaped(std::string octets);
    // What takes the place of a reply, or comes before it.
    Effect acted(const Fault& fault, std::string octets);
    Effect logged(Effect effect);
    void follow(std::string_view reply);
    void body_begins();
    std::string merged_replies(std::string_view octets);
    bool is_smtp() const { return options_.protocol != FaultProtocol::pop3; }

    Options options_;
    DialogueLog log_;
    ReplyEdit edit_;
    std::deque<Step> steps_;
    std::string input_;
    bool end_ = false;  // of the peer's stream
    Mode mode_ = Mode::commands;
    bool greeted_ = false;
    bool closed_to_service_ = false;  // SMTP: the greeting was no 220

    FaultSituation here_;
    Pending pending_;
    std::string mechanism_;  // of the AUTH that goes on
    bool user_asked_ = false;
    bool cancelling_ = false;  // the session's answer to our own "*" is not the peer's

    // Of the reply that goes out now, or of the message that comes in.
    const Fault* fault_ = nullptr;
    std::uint64_t reply_octets_ = 0;
    bool closing_ = false;

    DataEnd data_end_;
    const Fault* body_fault_ = nullptr;
    std::uint64_t chunk_left_ = 0;
    bool chunking_ = false;                            // a message that comes in chunks has begun
    std::vector<std::optional<std::string>> replies_;  // in place of the session's, one for each recipient
};

}  // namespace mailpipe::app::serve

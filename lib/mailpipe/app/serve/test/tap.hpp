#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mailpipe/app/serve/events.hpp"
#include "mailpipe/app/serve/test/capability_mask.hpp"
#include "mailpipe/app/serve/test/dialogue_log.hpp"
#include "mailpipe/app/serve/test/fault_set.hpp"

namespace mailpipe::app::serve {

// Between a peer and its session, without I/O: takes the peer's commands apart, hands them to the session one at a time,
// and changes what it answers as faults and the mask want it. Neither of the two knows. LineTap is the one of SMTP, LMTP
// and POP3, ImapTap that of IMAP.
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
    static std::unique_ptr<Tap> make(Options options);
    virtual ~Tap() = default;
    Tap(const Tap&) = delete;
    Tap& operator=(const Tap&) = delete;

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
    virtual Effect sent(std::string octets) = 0;

    struct Handshake {
        Effect effect;
        bool expired = false;  // an expired certificate is to be shown
    };
    Handshake tls_begins();
    void tls_started();

    // SMTP and LMTP: the end of a message has come, before anything of it is stored: for each of the recipients that
    // the session has accepted, whether it is refused in spite of that. All or nothing but in LMTP. The replies that the
    // session makes of it are replaced.
    virtual std::vector<bool> message_ends() { return {}; }

    std::string take_log() { return log_.take(); }

 protected:
    explicit Tap(Options options);

    // What comes next of the input; nullopt: nothing, or it is in steps_.
    virtual std::optional<Step> take() = 0;
    // What a fault says in place of the reply that is due, and whether a server leaves that says this.
    virtual std::string worded(const Fault& fault) const { return *fault.reply; }
    virtual bool is_farewell(std::string_view reply) const = 0;

    const Fault* fire(std::string point, bool is_command = false);
    Effect shaped(std::string octets);
    // What takes the place of a reply, or comes before it.
    Effect acted(const Fault& fault, std::string octets);
    Effect logged(Effect effect);
    void log_client(std::string_view octets);
    static Then then_of(const Fault& fault);
    static Then end_of(const Fault& fault);  // of one that ends the connection behind so many octets

    void body_begins();
    // So much of the input may go on at once while a message comes in, and it goes.
    std::size_t body_allowance() const;
    Step body_piece(std::size_t size);
    ToSession piece(std::size_t size);

    Options options_;
    DialogueLog log_;
    std::deque<Step> steps_;
    std::string input_;
    FaultSituation here_;
    bool greeted_ = false;
    bool closing_ = false;

    // Of the reply that goes out now, or of the message that comes in.
    const Fault* fault_ = nullptr;
    std::uint64_t reply_octets_ = 0;
    const Fault* body_fault_ = nullptr;

 private:
    bool end_ = false;  // of the peer's stream
};

}  // namespace mailpipe::app::serve

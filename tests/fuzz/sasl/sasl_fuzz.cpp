#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mailpipe/sasl/mechanism.hpp"
#include "mailpipe/sasl/server.hpp"

namespace {

using mailpipe::Secret;
namespace sasl = mailpipe::sasl;

void require(bool holds) {
    if (!holds) std::abort();
}

void run_server(std::string_view name, std::string_view text) {
    sasl::ServerSettings settings;
    settings.scram_sha256 = settings.cram_md5 = settings.tokens = settings.has_certificate = true;
    settings.channel_binding = std::string(32, 'b');
    settings.nonce = [] { return std::string("3rfcNHYJY1ZVvWVs7j"); };
    static const sasl::ScramKeys kKeys =
        sasl::make_scram_keys(sasl::ScramHash::sha256, Secret("secret"), "salt", 4096).value();
    const auto server = sasl::make_server(name, settings);
    while (true) {
        const std::size_t end = text.find('\n');
        auto step = server->step(text.substr(0, end));
        if (!step) return;
        if (step->asks) {
            const bool may_be_empty = name == "OAUTHBEARER" || name == "EXTERNAL";
            require(may_be_empty || !step->request.user.empty());
            require(step->request.user.find_first_of(std::string_view("\0\r\n", 3)) == std::string::npos);
            if (step->done()) return;
            step = server->keys(kKeys);
            require(step && !step->asks);
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
    switch (data[0] % 13) {
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
        case 6:
            run_client("SCRAM-SHA-256", text);
            break;
        case 7:
            run_server("SCRAM-SHA-256", text);
            break;
        case 8:
            run_server("SCRAM-SHA-256-PLUS", text);
            break;
        case 9:
            run_server("OAUTHBEARER", text);
            break;
        case 10:
            run_server("XOAUTH2", text);
            break;
        case 11:
            run_server("CRAM-MD5", text);
            break;
        default:
            run_server("EXTERNAL", text);
            break;
    }
    return 0;
}

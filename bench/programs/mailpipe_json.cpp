// mailpipe_json json|tree ROUNDS FILE...: seconds and octets written (json) or parts found (tree), for all rounds over
// files that are in memory. See bench/mime.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "mailpipe/email/email.hpp"
#include "mailpipe/mime/part_tree.hpp"

int main(int argc, char** argv) {
    using mailpipe::email::JsonWriter;
    if (argc < 4) return 64;
    const bool tree = std::string(argv[1]) == "tree";
    const int rounds = std::atoi(argv[2]);
    std::vector<std::string> messages;
    for (int i = 3; i < argc; ++i) {
        std::ifstream file(argv[i], std::ios::binary);
        if (!file) return 66;
        messages.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    std::size_t result = 0;
    JsonWriter json([&result](std::string_view piece) {
        result += piece.size();
        return mailpipe::Result<void>();
    });
    const auto begin = std::chrono::steady_clock::now();
    for (int round = 0; round < rounds; ++round) {
        for (const std::string& message : messages) {
            if (tree) {
                result += mailpipe::mime::parse_parts(message).parts.size();
            } else {
                mailpipe::email::write_email(json, message, {});
                json.end_line();
            }
        }
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    std::printf("%.6f %zu\n", seconds.count(), result);
}

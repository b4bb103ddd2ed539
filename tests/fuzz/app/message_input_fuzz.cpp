#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/app/message_input.hpp"
#include "mailpipe/app/message_output.hpp"

using namespace mailpipe;

namespace {

int memory_file(std::string_view text) {
    const int fd = memfd_create("fuzz", 0);
    if (fd < 0 || ::write(fd, text.data(), text.size()) < 0 || ::lseek(fd, 0, SEEK_SET) != 0) std::abort();
    return fd;
}

// The messages up to the first error.
std::vector<std::string> messages_of(int fd) {
    const auto input = app::MessageInput::make(fd);
    std::vector<std::string> messages;
    while (true) {
        const auto more = input->next();
        if (!more && more.error().kind == Errc::data) continue;
        if (!more || !*more) return messages;
        std::string message;
        while (true) {
            const auto piece = input->read();
            if (!piece) return messages;
            if (piece->empty()) break;
            if (piece->size() > 65536) std::abort();
            message += *piece;
        }
        if (!input->is_ref()) messages.push_back(message);
    }
}

}  // namespace

// Any input ends; what it holds comes back from jsonl octet by octet.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const int in = memory_file(std::string_view(reinterpret_cast<const char*>(data), size));
    const std::vector<std::string> messages = messages_of(in);
    ::close(in);
    const int out = memory_file("");
    const auto output = app::MessageOutput::make(app::MessageFormat::jsonl, out);
    for (const std::string& message : messages) {
        if (!output->begin({}) || !output->append(message) || !output->finish()) std::abort();
    }
    if (::lseek(out, 0, SEEK_SET) != 0 || messages_of(out) != messages) std::abort();
    ::close(out);
    return 0;
}

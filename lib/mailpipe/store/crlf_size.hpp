#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace mailpipe::store {

// How many CRLF octets text on disk has when it is read (LfToCrlf). Takes the text in pieces of any size.
class CrlfSize {
 public:
    void append(std::string_view disk_text) {
        disk_size_ += disk_text.size();
        for (std::size_t at = disk_text.find('\n'); at != std::string_view::npos;
             at = disk_text.find('\n', at + 1)) {
            const bool after_cr = at == 0 ? after_cr_ : disk_text[at - 1] == '\r';
            if (!after_cr) ++added_;
        }
        if (!disk_text.empty()) after_cr_ = disk_text.back() == '\r';
    }
    std::uint64_t disk_size() const { return disk_size_; }
    std::uint64_t crlf_size() const { return disk_size_ + added_; }

 private:
    std::uint64_t disk_size_ = 0;
    std::uint64_t added_ = 0;
    bool after_cr_ = false;
};

}  // namespace mailpipe::store

#include "mailpipe/base/secret.hpp"

#include <cstring>

namespace mailpipe {

void wipe(void* memory, std::size_t size) {
    explicit_bzero(memory, size);
}

void wipe(std::string& text) {
    wipe(text.data(), text.size());
    text.clear();
}

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this != &other) {
        wipe(text_);
        text_ = other.text_;
        wipe(other.text_);
    }
    return *this;
}

bool Secret::equals(std::string_view other) const {
    unsigned difference = text_.size() == other.size() ? 0 : 1;
    for (std::size_t i = 0; i < other.size(); ++i) {
        const char mine = text_.empty() ? '\0' : text_[i % text_.size()];
        difference |= static_cast<unsigned char>(mine ^ other[i]);
    }
    return difference == 0;
}

}  // namespace mailpipe

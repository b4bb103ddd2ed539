#pragma once

#include <string>
#include <string_view>

#include "mailpipe/base/export.hpp"

namespace mailpipe {

// Overwrites memory in a way that the compiler may not drop.
MAILPIPE_EXPORT void wipe(void* memory, std::size_t size);
MAILPIPE_EXPORT void wipe(std::string& text);

// A password or token: wiped when it goes, never printed, converted only where it is sent or compared.
class MAILPIPE_EXPORT Secret {
 public:
    Secret() = default;
    explicit Secret(std::string text) : text_(std::move(text)) {}
    Secret(const Secret&) = default;
    Secret(Secret&& other) noexcept : text_(other.text_) { wipe(other.text_); }
    Secret& operator=(const Secret& other) = default;
    Secret& operator=(Secret&& other) noexcept;
    ~Secret() { wipe(text_); }

    std::string_view reveal() const { return text_; }
    bool empty() const { return text_.empty(); }

    // Equality in a time that depends on the lengths only.
    bool equals(std::string_view other) const;

 private:
    std::string text_;
};

}  // namespace mailpipe

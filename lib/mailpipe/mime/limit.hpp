#pragma once

#include <bit>
#include <cstdint>

// Which limits of base/limits.hpp the parser met in a message. What lies beyond one is not looked into.
namespace mailpipe::mime {

enum class Limit : std::uint8_t {
    header_size,    // kHeaderSize
    header_fields,  // kHeaderFields
    field_items,    // kFieldItems
    mime_depth,     // kMimeDepth
    mime_parts,     // kMimeParts
};

class LimitSet {
 public:
    bool empty() const { return bits_ == 0; }
    bool has(Limit limit) const { return (bits_ & bit(limit)) != 0; }
    void add(Limit limit) { bits_ |= bit(limit); }
    void add(LimitSet other) { bits_ |= other.bits_; }

    // Calls use() with each, in the order of the enum.
    template <class Use>
    void each(Use use) const {
        for (unsigned left = bits_; left != 0; left &= left - 1)
            use(static_cast<Limit>(std::countr_zero(left)));
    }

 private:
    static unsigned bit(Limit limit) { return 1U << static_cast<unsigned>(limit); }

    unsigned bits_ = 0;
};

}  // namespace mailpipe::mime

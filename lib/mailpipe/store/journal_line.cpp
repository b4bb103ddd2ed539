#include "mailpipe/store/journal_line.hpp"

#include <zlib.h>

namespace mailpipe::store {
namespace {

constexpr std::size_t kCrcDigits = 8;

// Of ISO 3309, as gzip has it.
std::string crc32_hex(std::string_view octets) {
    const unsigned long crc = ::crc32_z(0, reinterpret_cast<const Bytef*>(octets.data()), octets.size());
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string text(kCrcDigits, '0');
    for (std::size_t i = 0; i < kCrcDigits; ++i)
        text[i] = kHex[(crc >> (28U - 4U * i)) & 0xFU];
    return text;
}

}  // namespace

void encode_journal_line(std::string_view record, std::string& text) {
    text += crc32_hex(record);
    text += ' ';
    text += record;
    text += '\n';
}

std::optional<std::string_view> parse_journal_line(std::string_view line) {
    if (line.size() <= kCrcDigits || line[kCrcDigits] != ' ') return std::nullopt;
    const std::string_view record = line.substr(kCrcDigits + 1);
    if (crc32_hex(record) != line.substr(0, kCrcDigits)) return std::nullopt;
    return record;
}

}  // namespace mailpipe::store

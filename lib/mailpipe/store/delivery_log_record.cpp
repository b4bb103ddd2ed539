#include "mailpipe/store/delivery_log_record.hpp"

#include <zlib.h>

#include <array>

namespace mailpipe::store {
namespace {

constexpr std::string_view kHeader = "MPLOG1\r\n";
constexpr std::string_view kRecord = "MPRC";
constexpr std::size_t kSummed = 8;  // of a record: where what the crc is of begins

template <class Number>
void put(Number number, std::string& out) {
    for (std::size_t i = 0; i < sizeof(Number); ++i)
        out += static_cast<char>(static_cast<std::uint64_t>(number) >> (8 * i) & 0xFF);
}

template <class Number>
Number get(std::string_view octets, std::size_t at) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < sizeof(Number); ++i)
        number |= static_cast<std::uint64_t>(static_cast<unsigned char>(octets[at + i])) << (8 * i);
    return static_cast<Number>(number);
}

std::uint32_t sum_of(std::string_view octets) {
    return static_cast<std::uint32_t>(
        ::crc32_z(0, reinterpret_cast<const Bytef*>(octets.data()), octets.size()));
}

}  // namespace

std::string encode_log_header(std::uint64_t generation) {
    std::string header(kHeader);
    put(generation, header);
    put(sum_of(header), header);
    return header;
}

std::optional<std::uint64_t> parse_log_header(std::string_view octets) {
    const std::size_t summed = kHeader.size() + sizeof(std::uint64_t);
    if (octets.size() < summed + sizeof(std::uint32_t) || !octets.starts_with(kHeader)) return std::nullopt;
    if (get<std::uint32_t>(octets, summed) != sum_of(octets.substr(0, summed))) return std::nullopt;
    return get<std::uint64_t>(octets, kHeader.size());
}

void append_log_record(const LogRecord& record, std::uint64_t generation, std::string& out) {
    const std::size_t begin = out.size();
    out += kRecord;
    put(std::uint32_t{0}, out);
    put(generation, out);
    put(static_cast<std::uint32_t>(record.kind), out);
    for (std::string_view part : {record.mailbox, record.id, record.text})
        put(static_cast<std::uint32_t>(part.size()), out);
    for (std::string_view part : {record.mailbox, record.id, record.text})
        out += part;
    std::string sum;
    put(sum_of(std::string_view(out).substr(begin + kSummed)), sum);
    out.replace(begin + kRecord.size(), sum.size(), sum);
}

std::optional<LogRecord> parse_log_record(std::string_view octets, std::uint64_t generation) {
    if (octets.size() < kLogRecordHead || !octets.starts_with(kRecord)) return std::nullopt;
    if (get<std::uint64_t>(octets, 8) != generation) return std::nullopt;
    const auto kind = static_cast<LogRecord::Kind>(get<std::uint32_t>(octets, 16));
    if (kind != LogRecord::Kind::message && kind != LogRecord::Kind::removal) return std::nullopt;
    std::array<std::string_view, 3> parts;
    std::size_t at = kLogRecordHead;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const std::size_t size = get<std::uint32_t>(octets, 20 + 4 * i);
        if (size > octets.size() - at) return std::nullopt;
        parts[i] = octets.substr(at, size);
        at += size;
    }
    if (get<std::uint32_t>(octets, 4) != sum_of(octets.substr(kSummed, at - kSummed))) return std::nullopt;
    return LogRecord{kind, parts[0], parts[1], parts[2]};
}

}  // namespace mailpipe::store

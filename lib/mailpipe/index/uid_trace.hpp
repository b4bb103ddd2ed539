#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "mailpipe/index/message.hpp"

// mailpipe-uidlist, a trace of UIDs beside the messages of each mailbox: with it an index that is lost is made again
// without a client having to download all again. Only lines are added to it, until it is written anew:
//
//   header   = "mailpipe-uidlist 1 " uidvalidity " " object-id LF
//   line     = uid " " base LF
//            / "R " uid LF            ; UIDs below it may have been given: synced before the first of them is, but for those
//                                     ; with which the file begins
//            / "Q " modseq LF         ; no MODSEQ was greater
//
// Lines with UIDs are not synced. What a crash took of them are messages with new UIDs, from the last R on: a UID that was
// another's is never given.
namespace mailpipe::index {

inline constexpr const char* kUidTrace = "mailpipe-uidlist";
inline constexpr std::string_view kUidTraceMagic = "mailpipe-uidlist 1 ";
inline constexpr Uid kReservedUids = 1000;

struct UidTrace {
    std::uint32_t uid_validity = 0;
    std::string object_id;
    Uid uid_next = 1;  // greater than all that may have been given
    ModSeq modseq = 0;
    std::unordered_map<std::string, Uid> uids;  // by the base of the file
    std::vector<std::string> keywords;          // of another server's list; empty: as the file of Dovecot says
    std::unordered_map<std::string, std::uint64_t> message_keywords;  // of another server, by the base
};

// nullopt for a text without a header. Lines that are none are passed over.
std::optional<UidTrace> parse_uid_trace(std::string_view text);
std::string encode_uid_trace_header(std::uint32_t uid_validity, std::string_view object_id);
std::string encode_uid_trace_line(Uid uid, std::string_view base);
std::string encode_uid_trace_reserved(Uid uid);
std::string encode_uid_trace_modseq(ModSeq modseq);

}  // namespace mailpipe::index

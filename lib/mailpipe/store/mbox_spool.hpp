#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/store/file.hpp"
#include "mailpipe/store/mbox_lock.hpp"

// What lies in the spool ".NAME.mailpipe/" beside an mbox, and how a group gets from there into it whole.
//
//     SEGMENT           messages as they will stand in the mbox; a staged id is "SEGMENT-OFFSET-LENGTH"
//     SEGMENT.publish   written and synced before the first octet goes into the mbox: where it begins, and
//                       which ranges of the segment. Whoever holds the lock and finds one completes it: the
//                       process that wrote it is dead
//     SEGMENT.done      the same record, renamed when the mbox is synced; the segment is then removed.
//                       recover() knows by it what is in place, settle() removes it
namespace mailpipe::store {

struct SegmentRange {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
};

std::string encode_staged_id(const std::string& segment, const SegmentRange& range);
struct StagedId {
    std::string segment;
    SegmentRange range;
};
std::optional<StagedId> parse_staged_id(std::string_view id);

struct PublishRecord {
    std::uint64_t start = 0;  // size of the mbox before
    std::string separator;    // line ends that come first, for an mbox that does not end with an empty line
    std::vector<SegmentRange> ranges;
};
// Where the range begins in the mbox; nullopt when the record does not have it.
std::optional<std::uint64_t> place_of(const PublishRecord& record, const SegmentRange& range);
std::string encode_record(const PublishRecord& record);
// nullopt when it is cut off: its writer had not begun to publish.
std::optional<PublishRecord> parse_record(std::string_view text);

class MboxSpool {
 public:
    // The spool, made when missing. `directory` holds the mbox `name`; `path` names it in errors.
    static Result<MboxSpool> open(const std::string& path);

    int fd() const { return spool_.get(); }
    const std::string& path() const { return path_; }

    // Locks the mbox and completes what dead processes left half published.
    Result<LockedMbox> lock();
    // Appends the ranges of a durable segment to the mbox; the offsets at which they begin in it.
    Result<std::vector<std::uint64_t>> publish(LockedMbox& mbox, const std::string& segment,
                                               const std::vector<SegmentRange>& ranges);
    // The ranges of a segment that is published, as far as it is known.
    Result<std::optional<PublishRecord>> published(const std::string& segment) const;
    // A new file with the owner and mode of the mbox, which finish_rewrite() puts in its place, durable.
    Result<Fd> begin_rewrite(const LockedMbox& mbox);
    Result<void> finish_rewrite(LockedMbox& mbox, Fd file);
    void remove(const std::string& file) const;
    Result<void> sync() const { return sync_file(spool_.get(), path_); }
    // Removes what has not changed for 36 hours (records of the published: 30 days), except `kept` segments.
    void remove_stale(const std::vector<std::string>& kept) const;

 private:
    MboxSpool(Fd directory, Fd spool, std::string name, std::string path)
        : directory_(std::move(directory)),
          spool_(std::move(spool)),
          name_(std::move(name)),
          path_(std::move(path)) {}

    Result<std::vector<std::string>> names() const;
    Result<std::string> separator_for(int mbox) const;
    Result<void> append(LockedMbox& mbox, const std::string& segment, const PublishRecord& record);
    Result<void> complete(LockedMbox& mbox, const std::string& segment);
    Result<void> cut(LockedMbox& mbox, std::uint64_t from, std::uint64_t to);
    Result<void> mark_done(const std::string& segment);

    Fd directory_;
    Fd spool_;
    std::string name_;
    std::string path_;
};

}  // namespace mailpipe::store

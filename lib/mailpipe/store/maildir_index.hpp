#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/store/entries.hpp"
#include "mailpipe/store/file.hpp"

namespace mailpipe::store {

enum MaildirPlace : std::uint8_t { kNew = 0, kCur = 1 };

struct MaildirFile {
    MaildirPlace place = kNew;
    std::string name;
};

// The names in new/ and cur/ at one moment, by arrival (maildir_name.hpp): about 80 octets for each message, and 16
// more while they are sorted. Nothing of a file but its name and its kind is looked at. A name that is in both, while another program moves
// it, counts once.
class MaildirIndex : public Entries::Table {
 public:
    // Errors: io. `path` is for errors.
    static Result<std::shared_ptr<const MaildirIndex>> scan(const std::array<Fd, 2>& directories,
                                                            const std::string& path);

    std::size_t size() const override { return rows_.size(); }
    Entry entry(std::size_t index) const override;
    void get(std::size_t index, Entry& entry) const override;
    std::optional<std::size_t> find(std::string_view id) const override;
    MaildirFile file(std::size_t index) const;
    // The name of the file, valid as long as this is, with a NUL behind it, and where it is.
    std::string_view name(std::size_t index) const { return name(rows_[index]); }
    MaildirPlace place(std::size_t index) const { return rows_[index].place; }

 private:
    struct Row {
        std::uint64_t arrival;  // the seconds and microseconds of the name, as far as they fit
        std::uint32_t begin;    // in the blocks of names_, one after the other
        std::uint16_t size;
        MaildirPlace place;
    };
    static constexpr std::size_t kBlockBits = 18;

    Result<void> scan_directory(const Fd& directory, MaildirPlace place, const std::string& path);
    // false: there is no room for it.
    bool add(std::string_view name, MaildirPlace place);
    void sort();
    void sort_by_arrival();
    std::string_view name(const Row& row) const {
        return {&names_[row.begin >> kBlockBits][row.begin & ((1U << kBlockBits) - 1)], row.size};
    }

    // In blocks, so that a large mailbox is never copied, nor there twice for a moment, while it is read.
    std::vector<std::unique_ptr<char[]>> names_;
    std::size_t block_used_ = 0;  // of the last one
    std::vector<Row> rows_;
};

}  // namespace mailpipe::store

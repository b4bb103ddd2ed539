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

// The names in new/ and cur/ at one moment, by arrival (maildir_name.hpp): about 80 octets for each message.
// Nothing of a file but its name and its kind is looked at. A name that is in both, while another program moves
// it, counts once.
class MaildirIndex : public Entries::Table {
 public:
    // Errors: io. `path` is for errors.
    static Result<std::shared_ptr<const MaildirIndex>> scan(const std::array<Fd, 2>& directories,
                                                            const std::string& path);

    std::size_t size() const override { return rows_.size(); }
    Entry entry(std::size_t index) const override;
    std::optional<std::size_t> find(std::string_view id) const override;
    MaildirFile file(std::size_t index) const;

 private:
    struct Row {
        std::uint64_t arrival;  // the seconds and microseconds of the name, as far as they fit
        std::uint32_t begin;    // in names_
        std::uint16_t size;
        MaildirPlace place;
    };

    Result<void> scan_directory(const Fd& directory, MaildirPlace place, const std::string& path);
    void add(std::string_view name, MaildirPlace place);
    void sort();
    std::string_view name(const Row& row) const { return std::string_view(names_).substr(row.begin, row.size); }

    std::string names_;
    std::vector<Row> rows_;
};

}  // namespace mailpipe::store

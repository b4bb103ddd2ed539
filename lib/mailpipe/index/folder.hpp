#pragma once

#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/index/rows.hpp"
#include "mailpipe/store/file.hpp"
#include "mailpipe/store/maildir_index.hpp"

namespace mailpipe::index {

// The directories of one Maildir, by one handle: it stays the same Maildir when it is renamed. Safe from any thread. A
// message is named by the base of its file and the letters that it is expected to have.
class Folder {
 public:
    // Makes new/, cur/ and tmp/ where they are missing. Errors: not_found, io, cannot_create.
    static Result<std::shared_ptr<const Folder>> open(const std::string& path);

    int root() const { return root_.get(); }
    Result<FolderTimes> times() const;
    // Gives the directory a time that it had never before, so that whatever changes it from now on shows, however soon it
    // is: the kernel's own times stand still for milliseconds. 0 where that is not possible.
    Result<std::int64_t> mark_new() const { return mark("new"); }
    Result<std::int64_t> mark_cur() const { return mark("cur"); }

    Result<std::shared_ptr<const store::MaildirIndex>> scan() const;
    Result<std::vector<std::string>> names_in_new() const;  // by arrival

    // Wherever it is now: in cur/ under the letters or others, in new/, in tmp/. Error not_found.
    Result<store::Fd> open_message(const std::string& base, const std::string& letters) const;
    // To cur/ under these letters, from `from` ("new/NAME"). false: it is not there.
    Result<bool> adopt(const std::string& from, const std::string& base, const std::string& letters) const;
    // false: it is not where it is said to be.
    Result<bool> rename(const std::string& base, const std::string& from_letters,
                        const std::string& to_letters) const;
    // false: there is none; also of others that do not work, which a later scan meets again.
    bool remove(const std::string& base, const std::string& letters) const;
    Result<void> sync(const char* directory) const;

    // Letters of `to` are not asked for: it goes to tmp/ there, under another base. Not durable.
    Result<void> link_to_tmp(const std::string& base, const std::string& letters, const Folder& to,
                             const std::string& to_base) const;

    const std::string& path() const { return path_; }  // as it was; for errors

 private:
    Folder(std::string path, store::Fd root) : path_(std::move(path)), root_(std::move(root)) {}
    Result<std::int64_t> time_of(const char* directory) const;
    Result<std::int64_t> mark(const char* directory) const;
    Result<std::optional<std::string>> search(const std::string& base) const;

    std::string path_;
    store::Fd root_;
};

std::string cur_name(std::string_view base, std::string_view letters);  // "cur/BASE:2,LETTERS"

}  // namespace mailpipe::index

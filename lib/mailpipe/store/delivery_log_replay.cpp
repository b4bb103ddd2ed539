#include "mailpipe/store/delivery_log_replay.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <map>
#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/store/directory.hpp"
#include "mailpipe/store/file.hpp"
#include "mailpipe/store/maildir.hpp"
#include "mailpipe/store/maildir_name.hpp"

namespace mailpipe::store {
namespace {

std::string key_of(const LogRecord& record) {
    return std::string(record.mailbox) + '\n' + std::string(record.id);
}

// What was written is what is read, but for a disk that says something else: it names nothing outside of the root.
bool is_usable(const LogRecord& record) {
    for (std::string_view part : ascii::split(record.mailbox, '/')) {
        if (part.empty() || part == "." || part == ".." || part.find('\0') != std::string_view::npos)
            return false;
    }
    return is_plain_name(std::string(record.id));
}

}  // namespace

struct Replay::Mailbox {
    std::string path;
    Fd tmp, new_dir, cur;
    std::unordered_map<std::string, std::string> in_new, in_cur;  // base to name

    Result<void> open() {
        // Makes what is missing.
        if (auto writer = open_maildir_writer(path); !writer) return tl::unexpected(writer.error());
        auto root = open_or_create_directory(path);
        if (!root) return tl::unexpected(root.error());
        const std::array<std::pair<const char*, Fd*>, 3> parts{
            {{"tmp", &tmp}, {"new", &new_dir}, {"cur", &cur}}};
        for (const auto& [name, fd] : parts) {
            auto opened = open_directory_at(root->get(), name, path);
            if (!opened) return tl::unexpected(opened.error());
            *fd = std::move(*opened);
        }
        auto listed = list(new_dir, in_new);
        return listed ? list(cur, in_cur) : listed;
    }

    Result<void> list(const Fd& directory, std::unordered_map<std::string, std::string>& names) const {
        return for_each_name(directory.get(), path,
                             [&names](const char* name) { names.emplace(base_of(name), name); });
    }
};

void Replay::add(const LogRecord& record) {
    if (!is_usable(record)) return;
    if (record.kind == LogRecord::Kind::removal) {
        removed_.insert(key_of(record));
    } else {
        messages_.push_back(record);
    }
}

Result<void> Replay::run() {
    std::map<std::string, Mailbox> mailboxes;
    for (const LogRecord& record : messages_) {
        if (removed_.contains(key_of(record))) continue;
        auto [at, is_new] = mailboxes.try_emplace(std::string(record.mailbox));
        Mailbox& mailbox = at->second;
        if (is_new) {
            mailbox.path = root_ + "/" + at->first;
            if (auto opened = mailbox.open(); !opened) return opened;
        }
        if (auto placed = place(mailbox, record); !placed) return placed;
    }
    return {};
}

Result<void> Replay::place(Mailbox& mailbox, const LogRecord& record) {
    const std::string id(record.id);
    int directory = mailbox.new_dir.get();
    std::string name = id;
    for (const bool seen : {false, true}) {
        const auto& names = seen ? mailbox.in_cur : mailbox.in_new;
        const auto found = names.find(id);
        if (found == names.end()) continue;
        directory = seen ? mailbox.cur.get() : mailbox.new_dir.get();
        name = found->second;
        auto there = read_whole(directory, name, mailbox.path);
        // A reader may have moved or removed it since.
        if (!there && there.error().kind != Errc::not_found) return tl::unexpected(there.error());
        if (there && *there == record.text) {
            ::unlinkat(mailbox.tmp.get(), id.c_str(), 0);
            return {};
        }
    }
    ::unlinkat(mailbox.tmp.get(), id.c_str(), 0);
    if (auto made = create_file_at(mailbox.tmp.get(), id, record.text, mailbox.path); !made) return made;
    if (::renameat(mailbox.tmp.get(), id.c_str(), directory, name.c_str()) != 0)
        return fail_errno(errno, mailbox.path);
    return {};
}

}  // namespace mailpipe::store

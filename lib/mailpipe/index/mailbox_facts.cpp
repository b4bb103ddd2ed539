
#include <algorithm>
#include <array>
#include <mutex>
#include <optional>

#include "mailpipe/index/mailbox_impl.hpp"
#include "mailpipe/index/message_file.hpp"
#include "mailpipe/index/parallel.hpp"

namespace mailpipe::index {
namespace {

constexpr std::size_t kBatch = 256;      // messages that are read while others wait
constexpr std::size_t kForAThread = 16;  // messages that are worth a thread
constexpr std::size_t kSparse = 4;  // a range is read as one when so many of its rows at most are not wanted

struct Kind {
    unsigned want;
    std::string Facts::*fact;
    const char *one, *range, *put;
};
constexpr std::array<Kind, 5> kKinds{
    {{kHeader, &Facts::header, "SELECT key,data FROM header WHERE key=?",
      "SELECT key,data FROM header WHERE key BETWEEN ? AND ? ORDER BY key",
      "INSERT OR REPLACE INTO header VALUES(?,?)"},
     {kEnvelope, &Facts::envelope, "SELECT key,data FROM envelope WHERE key=?",
      "SELECT key,data FROM envelope WHERE key BETWEEN ? AND ? ORDER BY key",
      "INSERT OR REPLACE INTO envelope VALUES(?,?)"},
     {kBody, &Facts::body, "SELECT key,data FROM body WHERE key=?",
      "SELECT key,data FROM body WHERE key BETWEEN ? AND ? ORDER BY key",
      "INSERT OR REPLACE INTO body VALUES(?,?)"},
     {kBodyStructure, &Facts::body_structure, "SELECT key,data FROM body_structure WHERE key=?",
      "SELECT key,data FROM body_structure WHERE key BETWEEN ? AND ? ORDER BY key",
      "INSERT OR REPLACE INTO body_structure VALUES(?,?)"},
     {kPreview, &Facts::preview, "SELECT key,data FROM preview WHERE key=?",
      "SELECT key,data FROM preview WHERE key BETWEEN ? AND ? ORDER BY key",
      "INSERT OR REPLACE INTO preview VALUES(?,?)"}}};

}  // namespace

struct MailboxImpl::BatchItem {
    Uid uid = 0;
    unsigned known = 0, made = 0;  // Want
    bool gone = false;
    Facts facts;
};

struct MailboxImpl::Batch {
    unsigned want = 0;
    std::vector<BatchItem> items;
    bool any_made = false;
};

Result<void> MailboxImpl::facts(const std::vector<Uid>& uids, unsigned want, const UseFacts& use) {
    const auto now = snapshot();
    Batch batch;
    batch.want = want;
    for (std::size_t at = 0; at < uids.size();) {
        batch.items.clear();
        batch.any_made = false;
        for (; at < uids.size() && batch.items.size() < kBatch; ++at) {
            if (!now->find(uids[at])) continue;
            batch.items.emplace_back();
            batch.items.back().uid = uids[at];
        }
        if (batch.items.empty()) continue;
        if (auto read = read_facts(batch); !read && read.error().kind != Errc::data) return read;
        if (auto made = make_facts(batch); !made) return made;
        if (batch.any_made) {
            // What cannot be kept is made again the next time.
            [[maybe_unused]] const auto kept = keep_facts(batch);
        }
        for (const BatchItem& item : batch.items) {
            if (!item.gone && !use(item.uid, item.facts)) return {};
        }
    }
    return {};
}

Result<void> MailboxImpl::read_facts(Batch& batch) const {
    auto& items = batch.items;
    const bool dense = items.back().uid - items.front().uid < kSparse * items.size();
    return core_->read([&](Database& database) -> Result<void> {
        for (const Kind& kind : kKinds) {
            if ((batch.want & kind.want) == 0) continue;
            auto query = database.query(dense ? kind.range : kind.one);
            if (!query) return tl::unexpected(query.error());
            auto item = items.begin();
            const auto take = [&] {
                item->facts.*kind.fact = query->text(1);
                item->known |= kind.want;
            };
            if (!dense) {
                for (; item != items.end(); ++item) {
                    auto stepped = query->start(key_of(row_id_, item->uid)).step();
                    if (!stepped) return tl::unexpected(stepped.error());
                    if (*stepped) take();
                }
                continue;
            }
            query->start(key_of(row_id_, items.front().uid), key_of(row_id_, items.back().uid));
            while (true) {
                auto stepped = query->step();
                if (!stepped) return tl::unexpected(stepped.error());
                if (!*stepped) break;
                const auto uid = static_cast<Uid>(query->integer(0) & 0xFFFFFFFF);
                while (item != items.end() && item->uid < uid)
                    ++item;
                if (item == items.end()) break;
                if (item->uid == uid) take();
            }
        }
        return {};
    });
}

Result<void> MailboxImpl::make_facts(BatchItem& item, unsigned want) const {
    auto file = open_file(item.uid);
    if (!file && file.error().kind == Errc::not_found) {
        item.gone = true;
        return {};
    }
    if (!file) return tl::unexpected(file.error());
    const unsigned missing = want & ~item.known;
    // A client that opens a mailbox for the first time wants to see envelopes: the bodies are not read for that.
    auto text =
        (missing & ~kOfHeader) == 0 ? read_message_header(*file, path()) : read_message_text(*file, path());
    if (!text) return tl::unexpected(text.error());
    item.made = core_->describe(*text, missing, item.facts) & ~item.known;
    return {};
}

// By several threads: a mailbox that is opened for the first time has all of its messages read.
Result<void> MailboxImpl::make_facts(Batch& batch) const {
    std::vector<BatchItem*> missing;
    for (BatchItem& item : batch.items)
        if ((item.known & batch.want) != batch.want) missing.push_back(&item);
    std::mutex error_mutex;
    std::optional<Error> error;
    in_parallel(missing.size(), kForAThread, [&](std::size_t at) {
        auto made = make_facts(*missing[at], batch.want);
        if (made) return true;
        const std::lock_guard lock(error_mutex);
        if (!error) error = made.error();
        return false;
    });
    if (error) return tl::unexpected(std::move(*error));
    batch.any_made =
        std::any_of(missing.begin(), missing.end(), [](const auto* item) { return item->made != 0; });
    return {};
}

Result<void> MailboxImpl::keep_facts(const Batch& batch) const {
    return core_->change(
        [&](Database& database) -> Result<void> {
            for (const BatchItem& item : batch.items) {
                if (item.made == 0) continue;
                const std::int64_t key = key_of(row_id_, item.uid);
                auto there = database.query("SELECT 1 FROM message WHERE key=?");
                if (!there) return tl::unexpected(there.error());
                auto stepped = there->start(key).step();
                if (!stepped) return tl::unexpected(stepped.error());
                if (!*stepped) continue;
                for (const Kind& kind : kKinds) {
                    if ((item.made & kind.want) == 0) continue;
                    auto put = database.query(kind.put);
                    if (!put) return tl::unexpected(put.error());
                    if (auto done = put->run(key, Blob{item.facts.*kind.fact}); !done) return done;
                }
            }
            return {};
        },
        false);
}

}  // namespace mailpipe::index

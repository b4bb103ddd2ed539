#include <array>

#include "mailpipe/index/mailbox_impl.hpp"
#include "mailpipe/index/object_id.hpp"
#include "mailpipe/mime/header.hpp"
#include "mailpipe/mime/message_id.hpp"

namespace mailpipe::index {
namespace {

constexpr std::size_t kReferences = 200;  // message ids of one message that join it to a thread

// Hashes of what the message refers to, from the first, and then of what it is.
std::vector<std::string> links_of(std::string_view header_text) {
    const mime::Header header = mime::parse_header(header_text);
    std::vector<std::string> links;
    for (const char* name : {"References", "In-Reply-To", "Message-ID"}) {
        const mime::Field* field = header.find(name);
        if (field == nullptr) continue;
        for (const std::string& id : mime::parse_message_ids(field->value)) {
            if (links.size() < kReferences) links.push_back(short_hash(id));
        }
    }
    return links;
}

Result<std::string> find_thread(Database& database, const std::vector<std::string>& links) {
    for (const std::string& link : links) {
        auto query = database.query("SELECT thread FROM thread WHERE message_id=?");
        if (!query) return tl::unexpected(query.error());
        auto stepped = query->start(Blob{link}).step();
        if (!stepped) return tl::unexpected(stepped.error());
        if (*stepped) return std::string(query->text(0));
    }
    return std::string();
}

Result<std::string> kept(Database& database, const char* sql, std::int64_t key) {
    auto query = database.query(sql);
    if (!query) return tl::unexpected(query.error());
    auto stepped = query->start(key).step();
    if (!stepped) return tl::unexpected(stepped.error());
    return *stepped ? std::string(query->text(0)) : std::string();
}

}  // namespace

Result<std::string> MailboxImpl::email_id(Uid uid) {
    const std::int64_t key = key_of(row_id_, uid);
    auto known = core_->read(
        [&](Database& database) { return kept(database, "SELECT email FROM identity WHERE key=?", key); });
    if (!known || !known->empty()) return known;
    auto octets = text(uid);
    if (!octets) return tl::unexpected(octets.error());
    // That of the text, so that it is the same wherever the message is copied to, and after an index was lost.
    std::string email = object_id_of('E', *octets);
    auto written = core_->change(
        [&](Database& database) -> Result<void> {
            auto query = database.query(
                "INSERT INTO identity(key,email) SELECT key,? FROM message WHERE key=? "
                "ON CONFLICT(key) DO UPDATE SET email=excluded.email");
            if (!query) return tl::unexpected(query.error());
            return query->run(email, key);
        },
        false);
    if (!written) return tl::unexpected(written.error());
    return email;
}

Result<std::string> MailboxImpl::thread_id(Uid uid) {
    const std::int64_t key = key_of(row_id_, uid);
    auto known = core_->read(
        [&](Database& database) { return kept(database, "SELECT thread FROM identity WHERE key=?", key); });
    if (!known || !known->empty()) return known;
    std::optional<std::vector<std::string>> links;
    auto read = facts({uid}, kHeader, [&links](Uid, const Facts& each) {
        links = links_of(each.header);
        return true;
    });
    if (!read) return tl::unexpected(read.error());
    if (!links) return fail(Errc::not_found, "message " + std::to_string(uid) + " is gone");
    if (links->empty()) {
        auto email = email_id(uid);
        if (!email) return email;
        links->push_back(short_hash(*email));
    }
    std::string thread;
    auto written = core_->change(
        [&](Database& database) -> Result<void> {
            auto found = find_thread(database, *links);
            if (!found) return tl::unexpected(found.error());
            thread = found->empty() ? object_id_of('T', links->front()) : std::move(*found);
            for (const std::string& link : *links) {
                auto query = database.query("INSERT OR IGNORE INTO thread VALUES(?,?)");
                if (!query) return tl::unexpected(query.error());
                if (auto done = query->run(Blob{link}, thread); !done) return done;
            }
            auto query = database.query(
                "INSERT INTO identity(key,thread) SELECT key,? FROM message WHERE key=? "
                "ON CONFLICT(key) DO UPDATE SET thread=excluded.thread");
            if (!query) return tl::unexpected(query.error());
            return query->run(thread, key);
        },
        false);
    if (!written) return tl::unexpected(written.error());
    return thread;
}

}  // namespace mailpipe::index

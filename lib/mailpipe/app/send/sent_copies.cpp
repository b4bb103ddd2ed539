#include "mailpipe/app/send/sent_copies.hpp"

#include <ctime>
#include <utility>
#include <vector>

#include "mailpipe/app/fetch/imap_target.hpp"
#include "mailpipe/app/imap_append.hpp"
#include "mailpipe/app/local_store.hpp"

namespace mailpipe::app {
namespace {

const std::vector<std::string> kRead{"$seen"};

class StoreCopies : public SentCopies {
 public:
    explicit StoreCopies(std::unique_ptr<store::MailboxWriter> writer) : writer_(std::move(writer)) {}

    Result<void> add(const Read& read) override {
        if (auto begun = writer_->begin(); !begun) return begun;
        while (true) {
            const auto piece = read();
            if (!piece) {
                writer_->abandon();
                return tl::unexpected(piece.error());
            }
            if (piece->empty()) break;
            if (auto kept = writer_->append(*piece); !kept) return kept;
        }
        if (auto staged = writer_->finish(kRead, std::time(nullptr)); !staged)
            return tl::unexpected(staged.error());
        if (auto published = writer_->publish(); !published) return tl::unexpected(published.error());
        return writer_->settle();
    }

 private:
    std::unique_ptr<store::MailboxWriter> writer_;
};

class ImapCopies : public SentCopies {
 public:
    ImapCopies(const Location& location, ClientOptions client, Trace* trace, Diagnostics& diagnostics)
        : target_(location, std::move(client), trace,
                  [&diagnostics, where = encode(location)](std::string_view text) {
                      diagnostics.note(where, text);
                  }) {}

    Result<void> prepare() { return target_.prepare(); }

    Result<void> add(const Read& read) override {
        std::vector<ImapTarget::Item> items(1);
        ImapTarget::Item& item = items.front();
        while (true) {
            const auto piece = read();
            if (!piece) return tl::unexpected(piece.error());
            if (piece->empty()) break;
            if (auto kept = item.text->append(*piece); !kept) return kept;
        }
        item.described = append_item(kRead, std::time(nullptr), item.text->size());
        if (auto appended = target_.append(items); !appended) return appended;
        if (item.refused) return tl::unexpected(*item.refused);
        return item.taken ? Result<void>()
                          : fail(Errc::temporary, "the server did not say that it has the copy");
    }

 private:
    ImapTarget target_;
};

}  // namespace

Result<std::unique_ptr<SentCopies>> open_sent_copies(const Location& location, config::Accounts& accounts,
                                                     Trace* trace, Diagnostics& diagnostics) {
    if (location.scheme == Scheme::maildir || location.scheme == Scheme::mbox) {
        auto writer = store::open_writer(store_format(location), location.path);
        if (!writer) return tl::unexpected(writer.error());
        return std::make_unique<StoreCopies>(std::move(*writer));
    }
    if (location.scheme != Scheme::imap && location.scheme != Scheme::imaps)
        return fail(Errc::usage, "no place for a copy; give maildir:PATH, mbox:PATH or an imap URL");
    // The password of the server that mail is sent to is not for this one.
    auto client = accounts.destination(location, {});
    if (!client) return tl::unexpected(client.error());
    auto copies = std::make_unique<ImapCopies>(location, std::move(*client), trace, diagnostics);
    if (auto prepared = copies->prepare(); !prepared) return tl::unexpected(prepared.error());
    return copies;
}

}  // namespace mailpipe::app

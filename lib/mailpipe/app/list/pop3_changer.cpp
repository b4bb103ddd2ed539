#include <unordered_set>

#include "mailpipe/app/list/changer.hpp"
#include "mailpipe/app/pop3_client.hpp"

namespace mailpipe::app {
namespace {

class Pop3Changer : public Changer {
 public:
    Pop3Changer(std::shared_ptr<Pop3Client> client, Listing& listing)
        : client_(std::move(client)), listing_(listing), source_(make_pop3_source(client_, listing)) {}

    Result<void> check(const Change& change) override {
        if (change.kind == Change::Kind::remove) return {};
        if (change.kind == Change::Kind::move)
            return fail(Errc::unsupported, "POP3 cannot move messages; use mail-fetch --to LOCATION --delete");
        if (change.kind == Change::Kind::copy)
            return fail(Errc::unsupported, "POP3 cannot copy messages; use mail-fetch --to LOCATION --keep");
        return fail(Errc::unsupported, "POP3 has no flags");
    }
    ListSource& source() override { return *source_; }
    std::size_t at_once() const override { return SIZE_MAX; }

    Result<void> set_flags(const Targets&, const store::FlagChange&, const ChangeReport&) override {
        return fail(Errc::unsupported, "POP3 has no flags");
    }
    Result<bool> transfer(const Targets&, const Change&, const ChangeReport&) override { return false; }
    SourceMailbox& messages() override { return no_messages_; }

    // The server removes nothing before QUIT, and what it says to that decides.
    Result<void> remove(const Targets& targets, const ChangeReport& report) override {
        Targets asked;
        for (const email::Context& target : targets) {
            Location ref = client_->location();
            ref.uidl = target.uidl;
            const Pop3Entry* entry = target.uidl ? client_->find(ref) : nullptr;
            if (entry == nullptr) {
                listing_.diagnostics.error(
                    encode(client_->location()),
                    Error{Errc::unsupported, "a message without a unique UIDL cannot be named, and stays",
                          std::nullopt});
                continue;
            }
            asked.push_back(target);
            client_->session().dele(entry->number);
        }
        Targets deleted;
        for (const email::Context& target : asked) {
            auto step = client_->next();
            if (!step) return tl::unexpected(step.error());
            if (auto* refused = std::get_if<pop3::Refused>(&*step)) {
                listing_.diagnostics.error(target.ref, refused->error);
            } else if (std::holds_alternative<pop3::Deleted>(*step)) {
                deleted.push_back(target);
            } else {
                return unexpected_answer();
            }
        }
        client_->session().quit();
        const auto step = client_->next();
        if (!step) return tl::unexpected(step.error());
        if (!std::holds_alternative<pop3::Closed>(*step)) return unexpected_answer();
        for (const email::Context& target : deleted) {
            email::Context context;
            context.ref = target.ref;
            context.uidl = target.uidl;
            if (auto written = report.changed(context); !written) return written;
        }
        return {};
    }

 private:
    // check() lets nothing through that would read.
    class NoMessages : public SourceMailbox {
        Result<void> read_all(const MessageHandler&) override { return {}; }
        Result<void> read_one(const Location&, const MessageHandler&) override {
            return tl::unexpected(no_such_message());
        }
    };

    std::shared_ptr<Pop3Client> client_;
    Listing& listing_;
    std::unique_ptr<ListSource> source_;
    NoMessages no_messages_;
};

}  // namespace

Result<std::unique_ptr<Changer>> open_pop3_changer(const Location& location, Listing& listing) {
    auto client = open_pop3(location, listing.accounts, listing.trace_or_null());
    if (!client) return tl::unexpected(client.error());
    return std::make_unique<Pop3Changer>(std::move(*client), listing);
}

}  // namespace mailpipe::app

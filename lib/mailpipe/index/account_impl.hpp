#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "mailpipe/index/account.hpp"
#include "mailpipe/index/account_core.hpp"
#include "mailpipe/index/mailbox_impl.hpp"

namespace mailpipe::index {

class AccountImpl : public Account, public std::enable_shared_from_this<AccountImpl> {
 public:
    static Result<std::shared_ptr<Account>> open(const std::string& path, Describe describe, Removing removing,
                                                 std::shared_ptr<FolderWatcher> folder_watcher);

    ~AccountImpl() override;
    Result<std::vector<MailboxInfo>> mailboxes() override;
    Result<std::shared_ptr<Mailbox>> mailbox(const std::string& name) override;
    Result<void> create(const std::string& name, const std::vector<std::string>& special_use) override;
    Result<void> set_special_use(const std::string& name, const std::vector<std::string>& uses) override;
    Result<void> remove(const std::string& name) override;
    Result<void> rename(const std::string& from, const std::string& to) override;
    Result<void> subscribe(const std::string& name, bool subscribed) override;
    Result<Acl> acl(const std::string& mailbox) override;
    Result<void> set_acl(const std::string& mailbox, const std::string& identifier,
                         const std::string& rights) override;
    Result<Metadata> metadata(const std::string& mailbox) override;
    Result<void> set_metadata(const std::string& mailbox, const std::string& entry,
                              const std::optional<std::string>& value) override;
    Result<std::string> secret(const std::string& name) override;
    Result<void> set_secret(const std::string& name, const std::string& value) override;
    Result<Usage> usage() override;
    Mailbox::Token watch(std::function<void(const AccountChange&)> changed) override;
    void delivered(const std::string& mailbox_path) override;
    bool is_broken() const override { return core_->broken; }
    Result<Checked> check() override;
    Result<void> rebuild() override;

 private:
    AccountImpl(std::shared_ptr<AccountCore> core, store::Fd root)
        : core_(std::move(core)), root_(std::move(root)) {}

    Result<std::int64_t> row_id(const std::string& mailbox);
    Result<void> mark_shared(bool gives);  // or whether anybody has rights
    void mark_run();
    // With tree_mutex_ held.
    bool is_there(const std::string& directory) const;
    Result<std::vector<std::string>> directories() const;     // "" is INBOX
    Result<std::string> find(const std::string& name) const;  // Error not_found
    Result<MailboxRow> row_of(const std::string& directory);  // made where there is none
    // Not durable: the first message will make it so. Without any, a client that is told another UIDVALIDITY loses nothing.
    Result<MailboxRow> make_row(const std::string& directory, const std::vector<std::string>& special_use,
                                bool durable);
    Result<std::shared_ptr<MailboxImpl>> open_mailbox(const std::string& directory);
    void close_idle();  // the longest unused of many that nobody has
    Result<void> forget(const std::string& directory);
    Result<void> tell_leaving(const std::string& directory);  // all its messages
    Result<void> compare(const MailboxRow& row, Checked& checked);
    Result<void> recover();
    Result<void> renew();  // what a copied index knows
    Result<void> renew_row(MailboxRow row);
    Result<std::optional<Error>> finish_renames();  // what could not be moved
    Result<void> import_subscriptions();
    void remove_remains() const;
    Result<void> rename_tree(const std::string& from, const std::string& to);
    Result<void> rename_inbox(const std::string& to);
    std::string path_of(const std::string& directory) const;
    void tell(AccountChange::Kind kind, const std::string& mailbox, const std::string& old_name = {},
              const std::string& entry = {}) const;

    std::shared_ptr<AccountCore> core_;
    store::Fd root_;
    std::mutex tree_mutex_;
    struct Open {
        std::shared_ptr<MailboxImpl> mailbox;
        std::uint64_t used = 0;  // of `uses_`
    };
    std::map<std::string, Open> open_;  // by directory
    std::uint64_t uses_ = 0;
    std::mutex paths_mutex_;
    std::map<std::string, std::weak_ptr<MailboxImpl>> paths_;  // of those that are open
};

}  // namespace mailpipe::index

#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "mailpipe/app/config/accounts.hpp"
#include "mailpipe/app/diagnostics.hpp"
#include "mailpipe/app/fetch/account_fetch.hpp"
#include "mailpipe/app/fetch/fetch.hpp"

namespace mailpipe::app {

// The sources of a run, each with its own settings: those of the command line, its account and its host. Sources of
// the same account have the same object of settings.
class FetchSources {
 public:
    // What is wrong with a source is reported to `diagnostics`, and the source is left out. `options` gets what the
    // configuration file says of the whole run. Both outlive this.
    FetchSources(FetchOptions& options, Diagnostics& diagnostics);

    // Those of the command line, then the refs on stdin where they were asked for.
    void read();

    // In the order of the first source of each account.
    std::vector<std::vector<FetchSource>> accounts() const;
    // Whether stdout is for receipts; else it is for messages.
    bool to_store() const;

 private:
    void add(const Location& location, const std::string& text);
    Result<std::shared_ptr<const FetchSettings>> settings_of(const Location& mailbox);
    void drop_those_without_destination();

    FetchOptions& options_;
    Diagnostics& diagnostics_;
    config::Accounts accounts_;
    std::map<std::string, std::shared_ptr<const FetchSettings>> settings_;  // by account and server
    std::vector<FetchSource> sources_;
};

}  // namespace mailpipe::app

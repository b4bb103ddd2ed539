#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mailpipe/app/list/list_source.hpp"

namespace mailpipe::app {

// Groups refs that follow each other and point into the same mailbox, which stays open meanwhile. Those that
// are to be changed in an mbox or a maildrop wait for finish(): the first change makes the others be called
// otherwise, or ends the session.
class RefLister {
 public:
    explicit RefLister(Listing& listing) : listing_(listing) {}

    // What is no ref is reported.
    void add(const std::string& ref);
    void add(Location ref, const std::string& where);
    // Lists what was added, but for what waits.
    void flush();
    void finish();

 private:
    struct Group {
        Location mailbox;
        std::vector<Location> refs;
    };

    bool waits(const Location& mailbox) const;
    void end_source(const Error& error);

    Listing& listing_;
    std::optional<Location> mailbox_;
    std::unique_ptr<ListSource> source_;
    bool open_failed_ = false;
    bool in_named_file_ = false;  // a file that a ref names is listed
    std::vector<Location> refs_;
    std::vector<Group> waiting_;
};

}  // namespace mailpipe::app

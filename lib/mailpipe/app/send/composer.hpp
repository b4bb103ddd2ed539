#pragma once

#include <string>
#include <vector>

#include "mailpipe/app/send/compose_options.hpp"
#include "mailpipe/base/error.hpp"
#include "mailpipe/email/email.hpp"
#include "mailpipe/mime/builder.hpp"

namespace mailpipe::app {

// Builds messages from the command line, and from a record for each (template_text.hpp) in a merge. The files are read
// once. No value of an option or a record can begin another header field, and none of a record another address.
class Composer {
 public:
    // `author` is the address of From where no --header says it. `text` and `html` may be templates when `merge`.
    // Errors: usage for a header that is none or one that has an option of its own; data for a text that is not UTF-8;
    // those of the files, limit kShownMessage.
    static Result<Composer> open(const ComposeOptions& options, const std::string& author);

    // The CRLF text, with Bcc. `record` is null without a merge. Errors: data.
    Result<std::string> compose(const email::Json* record) const;

 private:
    explicit Composer(ComposeOptions options, std::string author)
        : options_(std::move(options)), author_(std::move(author)) {}
    Result<std::string> fields(const email::Json* record) const;
    Result<void> add_addresses(std::string& fields, const std::string& name,
                               const std::vector<std::string>& lists, const email::Json* record) const;
    Result<void> add_headers(std::string& fields, const email::Json* record) const;
    Result<mime::Entity> body(const email::Json* record) const;

    ComposeOptions options_;
    std::string author_;
    std::string text_;
    std::string html_;
    std::vector<mime::Entity> attachments_;
    std::vector<mime::Entity> inlines_;
};

}  // namespace mailpipe::app

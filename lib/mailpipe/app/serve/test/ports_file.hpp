#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "mailpipe/base/error.hpp"
#include "mailpipe/store/file.hpp"

// --ports-file: how a script reaches a server that has chosen its ports itself. Lines NAME=VALUE, which a POSIX shell
// can source and which need no quoting to be read elsewhere: values with other characters than letters, digits and
// %+,./:=@_- stand in single quotes.
namespace mailpipe::app::serve {

struct PortsFile {
    using Lines = std::vector<std::pair<std::string, std::string>>;

    // Atomically, 0644. What comes back holds a lock on the file, by which one that a killed server left behind is
    // known. Errors: cannot_create, io.
    static Result<store::Fd> write(const std::string& path, const Lines& lines);
    // Whether there is a file at all, and a server that holds its lock.
    static bool is_held(const std::string& path);
    // Errors: not_found, io; data for a line that is none.
    static Result<std::map<std::string, std::string>> read(const std::string& path);

    // MAILPIPE_SMTP_PORT, MAILPIPE_SMTP_URL, ... of a listening event's URL; of the first socket of each scheme.
    static void add_socket(Lines& lines, const std::string& url);
};

}  // namespace mailpipe::app::serve

#include "mailpipe/app/send/address_book.hpp"

#include <unistd.h>

#include "mailpipe/app/private_file.hpp"
#include "mailpipe/base/limits.hpp"

namespace mailpipe::app {
namespace {

constexpr const char* kSystemFile = "/etc/aliases";

Result<std::string> read_aliases(const std::string& path) {
    return read_trusted_file(path, limits::kAliasesFile, path);
}

}  // namespace

Result<AddressBook> AddressBook::open(const std::string& file, const std::string& domain) {
    const std::string path = file.empty() ? kSystemFile : file;
    if (file.empty() && ::access(kSystemFile, F_OK) != 0) return AddressBook(Aliases({{domain}}));
    const auto text = read_aliases(path);
    if (!text) return tl::unexpected(text.error());
    auto aliases = Aliases::parse(*text, path, {{domain}});
    if (!aliases) return tl::unexpected(aliases.error());
    return AddressBook(std::move(*aliases));
}

Result<std::vector<smtp::Mailbox>> AddressBook::expand(const std::string& address) const {
    return aliases_.expand(address, read_aliases);
}

}  // namespace mailpipe::app

#include "mailpipe/app/serve/imap/rights.hpp"

#include <algorithm>

namespace mailpipe::app::serve {
namespace {

constexpr std::string_view kObsolete = "cd";

std::string entry(const index::Account::Acl& acl, const std::string& identifier) {
    const auto found = acl.find(identifier);
    return found == acl.end() ? std::string() : found->second;
}

}  // namespace

bool are_rights(std::string_view letters) {
    return letters.find_first_not_of(std::string(kAllRights) + std::string(kObsolete)) ==
           std::string_view::npos;
}

std::string normal_rights(std::string_view letters) {
    std::string given(letters);
    if (given.find('c') != std::string::npos) given += "kx";
    if (given.find('d') != std::string::npos) given += "te";
    std::string normal;
    for (const char right : kAllRights)
        if (given.find(right) != std::string::npos) normal += right;
    return normal;
}

Rights effective_rights(const index::Account::Acl& acl, std::string_view user) {
    const std::string name(user);
    const std::string given = entry(acl, name) + entry(acl, "anyone");
    const std::string taken = entry(acl, "-" + name) + entry(acl, "-anyone");
    std::string letters = normal_rights(given);
    std::erase_if(letters, [&](char right) { return taken.find(right) != std::string::npos; });
    return Rights(letters);
}

}  // namespace mailpipe::app::serve

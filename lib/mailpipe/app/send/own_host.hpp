#pragma once

#include <string>
#include <vector>

#include "mailpipe/base/error.hpp"

// What others call this host.
namespace mailpipe::app {

// Its name with a domain, canonical. Error config when the system knows none.
Result<std::string> qualified_host_name();

// Canonical: its name, short and with its domain.
std::vector<std::string> own_host_names();
// Of its interfaces, as text, those of the loopback and link-local ones left out.
std::vector<std::string> own_addresses();

}  // namespace mailpipe::app

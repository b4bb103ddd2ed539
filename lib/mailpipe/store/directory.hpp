#pragma once

#include <functional>
#include <string>

#include "mailpipe/base/error.hpp"

namespace mailpipe::store {

// Gives each name in the directory to `use`, those that begin with "." as well, in no order. Error io.
Result<void> for_each_name(int directory, const std::string& what, const std::function<void(const char*)>& use);

}  // namespace mailpipe::store

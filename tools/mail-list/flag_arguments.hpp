#pragma once

#include <string>
#include <vector>

namespace mailpipe::tools {

// Joins what follows "--flag" into one value: "--flag +Seen -Flagged" means "--flag=+Seen -Flagged", although
// "-Flagged" looks like options. Words of "+" or "-" and at least two characters more are taken, so that -q and
// other short options stay what they are.
std::vector<std::string> join_flag_arguments(int argc, char** argv);

}  // namespace mailpipe::tools

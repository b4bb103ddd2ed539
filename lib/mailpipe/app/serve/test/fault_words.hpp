#pragma once

#include <string>
#include <vector>

#include "mailpipe/app/serve/test/fault.hpp"

// The words of the language of faults.
namespace mailpipe::app::serve {

// A condition or an action.
struct FaultItem {
    const char* name;
    const char* value;  // what is expected, in words; nullptr: none; in brackets: optional
    // Where it has a meaning: "pop3 stat", or a whole protocol; empty: everywhere. But not at points with a "!" in front.
    std::vector<std::string> points;
    bool is_action;
    bool (*set)(Fault& fault, const std::string& value);  // false: not what is expected
};

const std::vector<FaultItem>& fault_items();
const std::vector<std::string>& fault_points(FaultProtocol protocol);

}  // namespace mailpipe::app::serve

#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "mailpipe/app/fetch/state.hpp"

// Where the journals of fetch/state.hpp are.
namespace mailpipe::app {

// Errors: config when there is neither $XDG_STATE_HOME nor $HOME.
Result<std::string> state_directory(const FetchState::Where& where);
// The source without what does not change which messages it holds: the scheme's TLS, a default port, a single
// message.
std::string canonical_source(const Location& source);
// A readable beginning and the SHA-256 of both.
std::string state_file_name(const Location& source, const std::string& destination);
// What the journals in that directory have put into the store `place`: for each message its ref, or only the id it was
// staged with where it may not be in place. No journal is locked.
Result<void> each_delivered(const FetchState::Where& where, const std::string& place,
                            const std::function<void(std::string_view ref_or_id)>& use);

}  // namespace mailpipe::app

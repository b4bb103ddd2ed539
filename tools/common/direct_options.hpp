#pragma once

#include "mailpipe/app/send/send.hpp"
#include "tools/common/shared_options.hpp"

namespace mailpipe::tools {

extern const Choices<app::TlsMode> kSendTlsModes;

// Which way the mail goes beside --server: to mail hosts, by other servers, from which address.
void add_direct_options(CLI::App& app, app::SendOptions& options);

}  // namespace mailpipe::tools

#pragma once

namespace mailpipe::app::config {

// The configuration files of other programs that --import reads.
enum class Dialect { fetchmailrc, getmailrc, mpoprc, mbsyncrc, msmtprc };

}  // namespace mailpipe::app::config

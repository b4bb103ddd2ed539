#pragma once

namespace mailpipe::app {

enum class SandboxMode {
    automatic,  // as much as this system has
    require,    // all of it, or the server does not start
    off,
};

}  // namespace mailpipe::app

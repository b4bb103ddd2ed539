#include "mailpipe/app/serve/imap/commands.hpp"

namespace mailpipe::app::serve {
Outcome on_search(Work&, const imap::server::Search&) {
    return refused("CANNOT", "Not yet");
}
Outcome on_sort(Work&, const imap::server::Sort&) {
    return refused("CANNOT", "Not yet");
}
Outcome on_thread(Work&, const imap::server::Thread&) {
    return refused("CANNOT", "Not yet");
}
}  // namespace mailpipe::app::serve

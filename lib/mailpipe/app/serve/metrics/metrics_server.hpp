#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "mailpipe/base/error.hpp"
#include "mailpipe/net/asio.hpp"
#include "mailpipe/net/listener.hpp"

namespace mailpipe::app::serve {

// Answers GET /metrics, on the thread of one loop. Few connections at a time, each for a few seconds.
class MetricsServer {
 public:
    using Text = std::function<asio::awaitable<std::string>()>;

    // `url`: http://HOST:PORT/metrics. Errors: usage; those of Listener::tcp().
    static Result<std::unique_ptr<MetricsServer>> listen(const asio::any_io_executor& executor,
                                                         const std::string& url);

    const std::string& url() const { return url_; }  // with the real port
    // `text` makes what is answered; it must work for as long as the loop runs.
    void serve(Text text);
    // Ends all at once.
    void close();

 private:
    MetricsServer(const asio::any_io_executor& executor, std::unique_ptr<net::Listener> listener)
        : executor_(executor),
          listener_(std::move(listener)),
          url_("http://" + listener_->address() + "/metrics") {}
    asio::awaitable<void> accept();
    asio::awaitable<void> answer(net::Accepted accepted);

    asio::any_io_executor executor_;
    std::unique_ptr<net::Listener> listener_;
    std::string url_;
    Text text_;
    std::set<net::ServerStream*> streams_;
};

}  // namespace mailpipe::app::serve

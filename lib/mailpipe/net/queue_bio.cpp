#include "mailpipe/net/queue_bio.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>

namespace mailpipe::net {
namespace {

struct Queue {
    std::string octets;
    std::size_t begin = 0;  // of what has not been read
};

Queue& queue_of(BIO* bio) {
    return *static_cast<Queue*>(BIO_get_data(bio));
}

int create(BIO* bio) {
    BIO_set_data(bio, new Queue);
    BIO_set_init(bio, 1);
    return 1;
}

int destroy(BIO* bio) {
    delete static_cast<Queue*>(BIO_get_data(bio));
    BIO_set_data(bio, nullptr);
    return 1;
}

int write(BIO* bio, const char* data, std::size_t size, std::size_t* written) {
    BIO_clear_retry_flags(bio);
    queue_of(bio).octets.append(data, size);
    *written = size;
    return 1;
}

int read(BIO* bio, char* data, std::size_t size, std::size_t* taken) {
    BIO_clear_retry_flags(bio);
    Queue& queue = queue_of(bio);
    *taken = std::min(size, queue.octets.size() - queue.begin);
    if (*taken == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    std::memcpy(data, queue.octets.data() + queue.begin, *taken);
    queue.begin += *taken;
    if (queue.begin == queue.octets.size()) {
        // To assign an empty string would keep the memory, a handshake's worth for each connection that idles.
        std::string().swap(queue.octets);
        queue.begin = 0;
    }
    return 1;
}

long control(BIO* bio, int command, long, void*) {
    const Queue& queue = queue_of(bio);
    if (command == BIO_CTRL_PENDING) return static_cast<long>(queue.octets.size() - queue.begin);
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

// One for the process: OpenSSL wants it to outlive each of its BIOs.
const BIO_METHOD* method() {
    static const BIO_METHOD* const made = [] {
        BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "mailpipe queue");
        if (method == nullptr) return method;
        BIO_meth_set_create(method, create);
        BIO_meth_set_destroy(method, destroy);
        BIO_meth_set_write_ex(method, write);
        BIO_meth_set_read_ex(method, read);
        BIO_meth_set_ctrl(method, control);
        return method;
    }();
    return made;
}

}  // namespace

BioHandle new_queue_bio() {
    return BioHandle(method() == nullptr ? nullptr : BIO_new(method()));
}

}  // namespace mailpipe::net

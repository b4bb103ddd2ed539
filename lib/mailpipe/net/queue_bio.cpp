#include "mailpipe/net/queue_bio.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace mailpipe::net {
namespace {

BioQueues& queues_of(BIO* bio) {
    return *static_cast<BioQueues*>(BIO_get_data(bio));
}

int write(BIO* bio, const char* data, std::size_t size, std::size_t* written) {
    BIO_clear_retry_flags(bio);
    queues_of(bio).out.append(data, size);
    *written = size;
    return 1;
}

int read(BIO* bio, char* data, std::size_t size, std::size_t* taken) {
    BIO_clear_retry_flags(bio);
    BioQueues& queues = queues_of(bio);
    *taken = std::min(size, queues.in.size() - queues.begin);
    if (*taken == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    std::memcpy(data, queues.in.data() + queues.begin, *taken);
    queues.begin += *taken;
    if (queues.begin == queues.in.size()) {
        // To assign an empty string would keep the memory, a handshake's worth for each connection that idles.
        std::string().swap(queues.in);
        queues.begin = 0;
    }
    return 1;
}

long control(BIO* /*bio*/, int command, long, void*) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

// One for the process: OpenSSL wants it to outlive each of its BIOs.
const BIO_METHOD* method() {
    static const BIO_METHOD* const made = [] {
        BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "mailpipe queue");
        if (method == nullptr) return method;
        BIO_meth_set_write_ex(method, write);
        BIO_meth_set_read_ex(method, read);
        BIO_meth_set_ctrl(method, control);
        return method;
    }();
    return made;
}

}  // namespace

BioHandle new_queue_bio(BioQueues& queues) {
    BioHandle bio(method() == nullptr ? nullptr : BIO_new(method()));
    if (!bio) return bio;
    BIO_set_data(bio.get(), &queues);
    BIO_set_init(bio.get(), 1);
    return bio;
}

}  // namespace mailpipe::net

#include "mailpipe/app/ordered_jobs.hpp"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace mailpipe::app {
namespace {

constexpr std::size_t kMostThreads = 8;  // the disk and the one that takes are the limit long before

class OrderedJobs {
 public:
    OrderedJobs(std::size_t count, std::size_t ahead, const std::function<void(std::size_t)>& make)
        : count_(count), make_(make), is_made_(ahead) {}

    void work() {
        std::unique_lock lock(mutex_);
        while (true) {
            may_make_.wait(lock, [this] { return is_over() || next_ < taken_ + is_made_.size(); });
            if (is_over()) return;
            const std::size_t job = next_++;
            lock.unlock();
            std::exception_ptr thrown;
            try {
                make_(job);
            } catch (...) {
                thrown = std::current_exception();
            }
            lock.lock();
            if (thrown && !thrown_) thrown_ = thrown;
            is_made_[job % is_made_.size()] = true;
            made_.notify_one();
        }
    }

    Result<void> take_all(const std::function<Result<void>(std::size_t)>& take) {
        for (std::size_t job = 0; job < count_; ++job) {
            {
                std::unique_lock lock(mutex_);
                made_.wait(lock, [this, job] { return thrown_ || is_made_[job % is_made_.size()]; });
                if (thrown_) std::rethrow_exception(thrown_);
                is_made_[job % is_made_.size()] = false;
            }
            if (auto taken = take(job); !taken) return taken;
            const std::lock_guard lock(mutex_);
            taken_ = job + 1;
            may_make_.notify_one();
        }
        return {};
    }

    void end() {
        const std::lock_guard lock(mutex_);
        ended_ = true;
        may_make_.notify_all();
    }

 private:
    bool is_over() const { return ended_ || next_ == count_; }

    const std::size_t count_;
    const std::function<void(std::size_t)>& make_;
    std::mutex mutex_;
    std::condition_variable may_make_;
    std::condition_variable made_;
    std::vector<bool> is_made_;  // job j at j modulo the size
    std::size_t next_ = 0;
    std::size_t taken_ = 0;
    bool ended_ = false;
    std::exception_ptr thrown_;
};

// Threads that end when this does.
class Workers {
 public:
    Workers(OrderedJobs& jobs, std::size_t count) : jobs_(jobs) {
        sigset_t all;
        sigset_t before;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before);
        try {
            for (std::size_t i = 0; i < count; ++i)
                threads_.emplace_back([&jobs] { jobs.work(); });
        } catch (...) {
            ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
            join();
            throw;
        }
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;
    ~Workers() { join(); }

 private:
    void join() {
        jobs_.end();
        for (std::thread& thread : threads_)
            thread.join();
    }

    OrderedJobs& jobs_;
    std::vector<std::thread> threads_;
};

}  // namespace

std::size_t job_threads() {
    return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kMostThreads);
}

Result<void> run_in_order(std::size_t count, std::size_t ahead, const std::function<void(std::size_t)>& make,
                          const std::function<Result<void>(std::size_t)>& take) {
    OrderedJobs jobs(count, ahead, make);
    const Workers workers(jobs, std::min(job_threads(), count));
    return jobs.take_all(take);
}

}  // namespace mailpipe::app

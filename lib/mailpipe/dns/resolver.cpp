#include "mailpipe/dns/resolver.hpp"

#include <poll.h>
#include <unbound.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "mailpipe/base/limits.hpp"
#include "mailpipe/dns/name.hpp"

namespace mailpipe::dns {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kSlice{500};
constexpr int kInternet = 1;
constexpr int kNoError = 0;

struct ContextDeleter {
    void operator()(ub_ctx* context) const { ub_ctx_delete(context); }
};
struct ResultDeleter {
    void operator()(ub_result* result) const { ub_resolve_free(result); }
};
using Context = std::unique_ptr<ub_ctx, ContextDeleter>;
using ResultHandle = std::unique_ptr<ub_result, ResultDeleter>;

struct Question {
    bool done = false;
    int error = 0;
    ResultHandle result;
};

void on_answer(void* asked, int error, ub_result* result) {
    auto& question = *static_cast<Question*>(asked);
    question.done = true;
    question.error = error;
    question.result.reset(result);
}

std::string what(const std::string& name, Type type) {
    return "DNS: " + std::string(type_name(type)) + " of " + name;
}

Result<Answer> answer_of(const ub_result& result, const std::string& name, Type type) {
    Answer answer;
    answer.name = name;
    if (result.canonname != nullptr && *result.canonname != '\0') {
        if (auto canonical = canonical_name(result.canonname)) answer.name = std::move(*canonical);
    }
    if (result.bogus != 0) {
        answer.outcome = Answer::Outcome::bogus;
        answer.security = Security::bogus;
        answer.problem = result.why_bogus != nullptr ? result.why_bogus : "validation failed";
        return answer;
    }
    if (result.secure != 0) answer.security = Security::secure;
    if (result.nxdomain != 0) {
        answer.outcome = Answer::Outcome::no_name;
        return answer;
    }
    if (result.rcode != kNoError) {
        return fail(Errc::temporary,
                    what(name, type) + ": the name server failed (RCODE " + std::to_string(result.rcode) + ")");
    }
    for (std::size_t i = 0; result.data != nullptr && result.data[i] != nullptr; ++i) {
        if (i >= limits::kDnsRecords)
            return fail(Errc::limit, what(name, type) + ": more records than kDnsRecords");
        answer.rdata.emplace_back(result.data[i], static_cast<std::size_t>(std::max(result.len[i], 0)));
    }
    if (!answer.rdata.empty()) answer.outcome = Answer::Outcome::records;
    return answer;
}

class UnboundResolver : public Resolver {
 public:
    UnboundResolver(ResolverOptions options, Context context)
        : options_(std::move(options)), context_(std::move(context)) {}

    Result<Answer> query(const std::string& name, Type type) override {
        if (auto canonical = canonical_name(name); !canonical) {
            return fail(Errc::usage, "no name for DNS: " + canonical.error().message);
        }
        Question question;
        if (auto asked = ask(name, type, question); !asked) return tl::unexpected(asked.error());
        if (question.error != 0 || !question.result) {
            return fail(Errc::temporary, what(name, type) + ": " + ub_strerror(question.error));
        }
        auto answer = answer_of(*question.result, name, type);
        const bool validated = !options_.trust_anchor_file.empty();
        if (answer && validated && answer->security == Security::unknown) answer->security = Security::insecure;
        return answer;
    }

 private:
    // One of the threads that wait here reads the answers for all.
    Result<void> ask(const std::string& name, Type type, Question& question) {
        std::unique_lock lock(mutex_);
        int id = 0;
        const int error = ub_resolve_async(context_.get(), name.c_str(), static_cast<int>(type), kInternet,
                                           &question, on_answer, &id);
        if (error != 0) return fail(Errc::temporary, what(name, type) + ": " + ub_strerror(error));
        const auto end = steady_clock::now() + options_.timeout;
        while (!question.done) {
            const auto left = std::chrono::ceil<milliseconds>(end - steady_clock::now());
            const bool stop = options_.stop_requested && options_.stop_requested();
            if (stop || left <= milliseconds::zero()) {
                ub_cancel(context_.get(), id);
                if (stop) return fail(Errc::temporary, "interrupted");
                return fail(Errc::temporary, what(name, type) + ": no answer within " +
                                                 std::to_string(options_.timeout.count() / 1000) + " s");
            }
            const milliseconds slice = std::min(left, kSlice);
            if (reading_) {
                answered_.wait_for(lock, slice);
                continue;
            }
            reading_ = true;
            lock.unlock();
            pollfd waiting{ub_fd(context_.get()), POLLIN, 0};
            ::poll(&waiting, 1, static_cast<int>(slice.count()));
            lock.lock();
            ub_process(context_.get());
            reading_ = false;
            answered_.notify_all();
        }
        return {};
    }

    ResolverOptions options_;
    std::mutex mutex_;
    std::condition_variable answered_;
    bool reading_ = false;
    Context context_;
};

Result<void> set_servers(ub_ctx* context, const ResolverOptions& options) {
    if (!options.server.empty()) {
        if (ub_ctx_set_fwd(context, options.server.c_str()) == 0) return {};
        return fail(Errc::usage, "--dns-server: not ADDRESS or ADDRESS@PORT");
    }
    if (ub_ctx_resolvconf(context, "/etc/resolv.conf") == 0) return {};
    return fail(Errc::config, "/etc/resolv.conf: cannot be read; name a server with --dns-server");
}

}  // namespace

Result<std::unique_ptr<Resolver>> make_resolver(ResolverOptions options) {
    Context context(ub_ctx_create());
    if (!context) return fail(Errc::io, "libunbound cannot be set up");
    ub_ctx_debugout(context.get(), nullptr);
    ub_ctx_async(context.get(), 1);
    const bool validates = !options.trust_anchor_file.empty();
    const std::pair<const char*, const char*> settings[] = {
        {"do-not-query-localhost:", "no"},  // where resolv.conf names systemd-resolved and its like
        {"module-config:", validates ? "validator iterator" : "iterator"},
        // A host that was offline for a minute must not remember for a quarter of an hour that no server answers.
        {"infra-host-ttl:", "30"},
        {"infra-keep-probing:", "yes"},
    };
    for (const auto& [option, value] : settings) {
        if (const int error = ub_ctx_set_option(context.get(), option, value); error != 0)
            return fail(Errc::io, std::string("libunbound: ") + option + " " + ub_strerror(error));
    }
    if (auto set = set_servers(context.get(), options); !set) return tl::unexpected(set.error());
    const std::string& anchors = options.trust_anchor_file;
    if (validates &&
        (::access(anchors.c_str(), R_OK) != 0 || ub_ctx_add_ta_file(context.get(), anchors.c_str()) != 0))
        return fail(Errc::config, anchors + ": the file with trust anchors cannot be read");
    // RFC 6761 reserves it for tests, whose name servers are to be asked. The anchors are read here.
    if (const int error = ub_ctx_zone_remove(context.get(), "test."); error != 0) {
        if (validates) return fail(Errc::config, anchors + ": no trust anchors that libunbound can read");
        return fail(Errc::io, std::string("libunbound: ") + ub_strerror(error));
    }
    return std::make_unique<UnboundResolver>(std::move(options), std::move(context));
}

}  // namespace mailpipe::dns

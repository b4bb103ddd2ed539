#include "mailpipe/app/serve/test/test_mode.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace mailpipe::app::serve {
namespace {

constexpr const char* kCertificate = "/certificate.pem";

Result<std::string> make_directory() {
    const char* base = std::getenv("TMPDIR");
    std::string path = base != nullptr && *base != '\0' ? base : "/tmp";
    path += "/mail-serve.XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) return fail_errno(errno, path, true);
    return path;
}

Result<std::vector<ExitCondition>> exit_conditions(const std::vector<std::string>& texts) {
    std::vector<ExitCondition> conditions;
    for (const std::string& text : texts) {
        auto condition = parse_exit_condition(text);
        if (!condition) return tl::unexpected(condition.error());
        conditions.push_back(*condition);
    }
    return conditions;
}

void fill_in(ServeOptions& options, const std::string& directory) {
    if (options.store.empty()) options.store = fmt::format("maildir:{}/store/%u", directory);
    if (options.listen.empty()) {
        for (const char* scheme : {"smtp", "smtps", "lmtp", "pop3", "pop3s"})
            options.listen.emplace_back(scheme) += "://127.0.0.1:0";
    }
    if (options.tls_certificates.empty()) options.tls_self_signed = true;
    if (options.events.empty()) options.events.push_back('-');
}

}  // namespace

Result<void> TestMode::prepare(ServeOptions& options) {
    const ServeTestOptions& test = options.test;
    if (!test.enabled && test.ports_file.empty() && test.exit_after.empty()) return {};
    if (test.enabled && !options.relay.server.empty())
        return fail(Errc::usage, "--relay-server: with --test nothing is ever relayed");
    auto conditions = exit_conditions(test.exit_after);
    if (!conditions) return tl::unexpected(conditions.error());
    std::shared_ptr<TestMode> mode(new TestMode(test));
    options.test.mode = mode;
    // A signal ends a server in the one way that is tested most.
    mode->exit_ = std::make_unique<ExitWatch>(std::move(*conditions), [] { ::kill(::getpid(), SIGTERM); });
    if (!test.enabled) return {};
    auto directory = make_directory();
    if (!directory) return tl::unexpected(directory.error());
    mode->directory_ = *directory;
    fill_in(options, *directory);
    return {};
}

TestMode::~TestMode() {
    exit_.reset();
    if (wrote_ports_) ::unlink(options_.ports_file.c_str());
    std::error_code ignored;
    if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
}

std::shared_ptr<void> TestMode::enter() {
    exit_->connection_opened();
    return {this, [](TestMode* mode) { mode->exit_->connection_closed(); }};
}

void TestMode::observe(const Json& event, const Config& config) {
    const std::string& name = event.at("event").get_ref<const std::string&>();
    if (name == "listening") {
        PortsFile::add_socket(ports_, event.at("url").get_ref<const std::string&>());
    } else if (name == "ready") {
        ready(config);
    } else if (name == "delivery" && event.at("reply").at("code") == 250) {
        exit_->delivered(event.at("connection").get<std::uint64_t>(),
                         event.at("reply").at("text").get<std::string>());
    }
}

void TestMode::ready(const Config& config) {
    if (!options_.ports_file.empty()) {
        ports_.emplace_back("MAILPIPE_PID", std::to_string(::getpid()));
        ports_.emplace_back("MAILPIPE_STORE", fmt::format("maildir:{}", config.store.pattern));
        if (!config.certificate_pem.empty()) ports_.emplace_back("MAILPIPE_PIN_SHA256", config.pin_sha256);
        if (!config.certificate_pem.empty() && !directory_.empty()) {
            const std::string path = directory_ + kCertificate;
            std::ofstream(path) << config.certificate_pem;
            ports_.emplace_back("MAILPIPE_CA_FILE", path);
        }
        wrote_ports_ = PortsFile::write(options_.ports_file, ports_).has_value();
    }
    exit_->started();
}

}  // namespace mailpipe::app::serve

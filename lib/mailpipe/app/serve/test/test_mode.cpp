#include "mailpipe/app/serve/test/test_mode.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "mailpipe/net/tls.hpp"

namespace mailpipe::app::serve {
namespace {

constexpr long kExpired = -60;  // seconds from now
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

Result<std::vector<Fault>> all_faults(const ServeTestOptions& test) {
    std::vector<Fault> faults;
    for (const std::string& text : test.faults) {
        auto fault = parse_fault(text);
        if (!fault) return fail(Errc::usage, "--fault " + fault.error().message);
        faults.push_back(std::move(*fault));
    }
    if (test.faults_file.empty()) return faults;
    auto others = read_faults(test.faults_file);
    if (!others) return tl::unexpected(others.error());
    faults.insert(faults.end(), others->begin(), others->end());
    return faults;
}

bool is_wanted(const ServeTestOptions& test) {
    return test.enabled || !test.ports_file.empty() || !test.exit_after.empty() || !test.without.empty() ||
           !test.faults.empty() || !test.faults_file.empty() || !test.record.empty() || !test.replay.empty();
}

// Of a server that was killed: a script must not take its ports for ours.
void remove_left_behind(const std::string& ports_file) {
    const auto values = PortsFile::read(ports_file);
    if (values && values->contains("MAILPIPE_STORE") && !PortsFile::is_held(ports_file))
        ::unlink(ports_file.c_str());
}

void fill_in(ServeOptions& options, const std::string& directory) {
    if (options.store.empty()) options.store = fmt::format("maildir:{}/store/%u", directory);
    if (options.listen.empty()) {
        for (const char* scheme : {"smtp", "smtps", "lmtp", "pop3", "pop3s", "imap", "imaps"})
            options.listen.emplace_back(scheme) += "://127.0.0.1:0";
    }
    if (options.tls_certificates.empty()) options.tls_self_signed = true;
    if (options.events.empty()) options.events.push_back('-');
}

}  // namespace

Result<void> TestMode::prepare(ServeOptions& options) {
    const ServeTestOptions& test = options.test;
    if (!is_wanted(test)) return {};
    if (test.enabled && !options.relay.server.empty())
        return fail(Errc::usage, "--relay-server: with --test nothing is ever relayed");
    auto conditions = exit_conditions(test.exit_after);
    if (!conditions) return tl::unexpected(conditions.error());
    auto faults = all_faults(test);
    if (!faults) return tl::unexpected(faults.error());
    const std::uint64_t seed = test.fault_seed ? *test.fault_seed : std::random_device()();
    std::shared_ptr<TestMode> mode(new TestMode(test, std::move(*faults), seed));
    for (const std::string& names : test.without) {
        if (auto added = mode->mask_.add(names); !added) return added;
    }
    if (!test.replay.empty()) {
        if (!mode->faults_.empty() || !mode->mask_.empty() || !test.record.empty())
            return fail(Errc::usage,
                        "--replay: a recording has faults and masks of its own; give none with it");
        auto dialogues = read_dialogues(test.replay);
        if (!dialogues) return tl::unexpected(dialogues.error());
        mode->repertoire_ = std::make_unique<Repertoire>(std::move(*dialogues));
    }
    if (!test.record.empty()) {
        auto file = DialogueFile::create(test.record);
        if (!file) return tl::unexpected(file.error());
        mode->dialogues_ = std::move(*file);
    }
    remove_left_behind(test.ports_file);
    options.test.mode = mode;
    mode->exit_ = std::make_unique<ExitWatch>(std::move(*conditions), [self = mode.get()] { self->end(); });
    if (!test.enabled) return {};
    auto directory = make_directory();
    if (!directory) return tl::unexpected(directory.error());
    mode->directory_ = options.test.directory = *directory;
    fill_in(options, *directory);
    return {};
}

// A signal ends a server in the one way that is tested most.
void TestMode::end() const {
    ::kill(::getpid(), SIGTERM);
}

TestMode::~TestMode() {
    exit_.reset();
    std::error_code ignored;
    if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
    // Last: who waits for it to go may look at the rest.
    if (ports_file_) ::unlink(options_.ports_file.c_str());
}

FaultProtocol protocol_of(const ListenSocket& socket) {
    return socket.is_pop3()   ? FaultProtocol::pop3
           : socket.is_imap() ? FaultProtocol::imap
           : socket.is_lmtp() ? FaultProtocol::lmtp
                              : FaultProtocol::smtp;
}

bool TestMode::is_tapping(FaultProtocol protocol) const {
    const bool masks = !mask_.empty() && protocol != FaultProtocol::imap;
    return masks || dialogues_ != nullptr || faults_.concern(protocol);
}

std::vector<std::string> TestMode::masked_names() const {
    std::vector<std::string> names{mask_.names().begin(), mask_.names().end()};
    // A Tap reads what goes by.
    if (is_tapping(FaultProtocol::imap)) names.emplace_back("COMPRESS=DEFLATE");
    return names;
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

Tap::Options TestMode::tap_options(FaultProtocol protocol, std::uint64_t connection, std::string_view url) {
    Tap::Options options;
    options.protocol = protocol;
    options.connection = connection;
    options.faults = &faults_;
    options.mask = &mask_;
    options.tell = [this](const Json& event) { events_->write(event); };
    if (dialogues_) options.log = fmt::format("connection {} {}", connection, url);
    return options;
}

void TestMode::record(std::string_view dialogue) {
    if (dialogues_) dialogues_->write(dialogue);
}

void TestMode::fail_with(Error error) {
    failure_ = std::move(error);
    end();
}

void TestMode::ready(const Config& config) {
    if (!faults_.empty()) {
        Json event = make_event("faults");
        event["seed"] = seed_;
        events_->write(event);
    }
    if (faults_.show_expired()) {
        // The name in front is its subject: two of one subject are one to those who look for who signed it.
        auto made = net::make_self_signed_context(
            {"expired.localhost", config.host_name, "localhost", "127.0.0.1", "::1"}, kExpired);
        if (!made) return fail_with(made.error());
        expired_ = std::move(*made);
    }
    if (!options_.ports_file.empty()) write_ports(config);
    exit_->started();
}

void TestMode::write_ports(const Config& config) {
    ports_.emplace_back("MAILPIPE_PID", std::to_string(::getpid()));
    ports_.emplace_back("MAILPIPE_STORE", fmt::format("maildir:{}", config.store.pattern));
    if (!config.certificate_pem.empty()) ports_.emplace_back("MAILPIPE_PIN_SHA256", config.pin_sha256);
    if (!config.certificate_pem.empty() && !directory_.empty()) {
        const std::string path = directory_ + kCertificate;
        std::ofstream(path) << config.certificate_pem << expired_.certificate_pem;
        ports_.emplace_back("MAILPIPE_CA_FILE", path);
    }
    auto written = PortsFile::write(options_.ports_file, ports_);
    if (!written) return fail_with(written.error());
    ports_file_ = std::move(*written);
}

}  // namespace mailpipe::app::serve

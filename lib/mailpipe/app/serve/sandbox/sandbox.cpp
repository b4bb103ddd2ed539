#include "mailpipe/app/serve/sandbox/sandbox.hpp"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "mailpipe/app/aliases.hpp"
#include "mailpipe/app/config/config_file.hpp"
#include "mailpipe/app/location.hpp"
#include "mailpipe/app/private_file.hpp"
#include "mailpipe/app/queue/open_spool.hpp"
#include "mailpipe/app/serve/delivery/handover.hpp"
#include "mailpipe/app/serve/sandbox/syscall_filter.hpp"
#include "mailpipe/base/late_libraries.hpp"
#include "mailpipe/base/limits.hpp"

namespace mailpipe::app::serve {
namespace {

// A sanitizer's runtime reads its own maps and traces itself.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
constexpr bool kSanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool kSanitized = false;
#endif

// Of the resolver, TLS, charsets and time zones.
constexpr const char* kSystem[] = {"/etc",
                                   "/usr/lib",
                                   "/usr/lib64",
                                   "/usr/share",
                                   "/lib",
                                   "/lib64",
                                   "/usr/local/share/ca-certificates",
                                   "/run/systemd/resolve",
                                   "/run/resolvconf",
                                   "/run/NetworkManager",
                                   "/run/connman",
                                   "/dev/null",
                                   "/dev/urandom",
                                   "/sys/devices/system/cpu",
                                   "/proc/sys"};

// Root's power over others' files is kept where root goes on serving: the mailboxes may be theirs.
void drop_capabilities() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2] = {};
    if (::syscall(SYS_capget, &header, data) != 0) return;
    constexpr std::uint32_t kKept = (1U << CAP_DAC_OVERRIDE) | (1U << CAP_DAC_READ_SEARCH) | (1U << CAP_FOWNER);
    data[0] = {data[0].effective & kKept, data[0].permitted & kKept, 0};
    data[1] = {};
    (void)::syscall(SYS_capset, &header, data);
}

// The directory that the path names, and the one that a symbolic link leads to: certbot's live/ is full of them.
void add_directories(const std::string& path, std::vector<std::string>& directories) {
    if (path.empty()) return;
    std::error_code ignored;
    const auto absolute = std::filesystem::absolute(path, ignored);
    directories.push_back(absolute.parent_path().string());
    const auto real = std::filesystem::canonical(absolute, ignored);
    if (!ignored) directories.push_back(real.parent_path().string());
}

void add_included(const std::string& aliases_file, std::vector<std::string>& directories) {
    if (aliases_file.empty()) return;
    const auto text = read_trusted_file(aliases_file, limits::kAliasesFile, aliases_file);
    auto aliases = text ? Aliases::parse(*text, aliases_file, {{"localhost"}}) : tl::unexpected(text.error());
    if (!aliases) return;
    (void)aliases->read_included([&directories](const std::string& path) {
        add_directories(path, directories);
        return read_trusted_file(path, limits::kAliasesFile, path);
    });
}

}  // namespace

std::string runs_commands(const ServeOptions& options) {
    const ClientOptions& client = options.relay.client;
    const std::string& deliver = options.delivery.deliver;
    if (!deliver.empty() && !is_lmtp_location(deliver)) return "--deliver";
    if (!options.users_options.user_command.empty()) return "--user-command";
    if (!options.users_options.token_command.empty()) return "--token-command";
    if (!client.password_command.empty()) return "--password-command";
    if (!client.token_command.empty()) return "--token-command";
    if (!client.tunnel.empty()) return "--tunnel";
    // Its section in the configuration may have a command for the password.
    const bool to_server = !options.relay.server.empty() && options.relay.server != "mx:";
    if (to_server && std::filesystem::exists(config::config_path(client.config_file))) return "--relay-server";
    return "";
}

Reach reach_of(const ServeOptions& options, const std::string& store_root) {
    Reach reach;
    reach.read.assign(std::begin(kSystem), std::end(kSystem));
    for (const std::string& path : {options.users_file, options.limits_file, options.users_options.client_ca,
                                    options.routing.aliases_file, options.routing.srs_secret_file,
                                    options.relay.client.tls_ca, options.relay.client.tls_certificate,
                                    options.relay.client.tls_key, options.relay.client.password_file})
        add_directories(path, reach.read);
    for (const auto* paths : {&options.tls_certificates, &options.tls_keys}) {
        for (const std::string& path : *paths)
            add_directories(path, reach.read);
    }
    add_included(options.routing.aliases_file, reach.read);
    // Messages of more than a megabyte that are converted or sent on pass through a file without a name.
    std::error_code none;
    reach.write = {store_root, "/dev/null", std::filesystem::temp_directory_path(none).string()};
    if (!options.relay.server.empty()) {
        add_directories(config::config_path(options.relay.client.config_file), reach.read);
        if (auto queue = queue_directory(options.relay.queue)) reach.write.push_back(*queue);
    }
    add_directories(options.test.ports_file, reach.write);
    add_directories(options.test.directory, reach.write);
    for (const std::string& url : options.listen) {
        if (auto location = parse_location(url); location && !location->path.empty())
            add_directories(location->path, reach.remove);
    }
    return reach;
}

Result<Sandboxed> enter_sandbox(const ServeOptions& options, const std::string& store_root) {
    Sandboxed done;
    drop_capabilities();
    (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (options.sandbox == SandboxMode::off) {
        done.missing = "--sandbox off";
        return done;
    }
    const std::string commands = runs_commands(options);
    if (kSanitized) done.missing = "built with a sanitizer";
    if (!commands.empty()) done.missing = commands + " runs commands, which would be confined, too";
    if (done.missing.empty()) {
        // Their files may lie where nothing may be read from now on, or be those of an upgrade by then.
        // Two bring many more, megabytes of memory, and are for connections to other servers only, but for lists of strangers,
        // whose resolver is there by now.
        const bool connects = !options.relay.server.empty() || !options.delivery.deliver.empty();
        std::vector<const char*> but;
        if (!connects) but = {"libcurl.so", "libunbound.so"};
        auto loaded = load_late_libraries(std::move(but));
        if (!loaded) return tl::unexpected(loaded.error());
        const int version = landlock_version();
        if (version > 0) {
            if (auto confined = confine_to(reach_of(options, store_root)); !confined)
                return tl::unexpected(confined.error());
            done.landlock = version;
        } else {
            done.missing = "this kernel has no Landlock from version 2 on";
        }
        const auto filtered = filter_syscalls();
        if (!filtered && filtered.error().kind != Errc::unsupported) return tl::unexpected(filtered.error());
        done.seccomp = filtered.has_value();
        if (!filtered) done.missing = filtered.error().message;
    }
    if (options.sandbox == SandboxMode::require && !done.missing.empty())
        return fail(Errc::unsupported, "--sandbox require: " + done.missing);
    return done;
}

}  // namespace mailpipe::app::serve

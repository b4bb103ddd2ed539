#include "mailpipe/app/serve/pop3/former_uidls.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <vector>

#include "mailpipe/app/serve/pop3/maildrop.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/store/dovecot_uidlist.hpp"
#include "mailpipe/store/file.hpp"

namespace mailpipe::app::serve {
namespace {

using std::string_view;

// The next line, without its end; what is left of a file that was being written is none.
std::optional<string_view> take_line(string_view& text) {
    const std::size_t end = text.find('\n');
    if (end == string_view::npos) return std::nullopt;
    const string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
}

string_view without_info(string_view filename) {
    return filename.substr(0, filename.find(':'));
}

void add(FormerMessages& messages, string_view filename, FormerMessage message) {
    if (filename.empty() || !is_uidl(message.uidl)) return;
    messages.try_emplace(std::string(without_info(filename)), std::move(message));
}

Result<std::optional<std::string>> read_file(const std::string& directory, const std::string& name) {
    const std::string path = directory + '/' + name;
    // A link could lead to anybody's file.
    const store::Fd file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file && (errno == ENOENT || errno == ELOOP)) return std::nullopt;
    if (!file) return fail_errno(errno, path);
    auto status = store::stat_fd(file.get(), path);
    if (!status) return tl::unexpected(status.error());
    if (!S_ISREG(status->st_mode)) return std::nullopt;
    const auto size = static_cast<std::uint64_t>(status->st_size);
    if (size > kUidlList)
        return fail(Errc::limit, path + ": larger than kUidlList (" + std::to_string(kUidlList) + ")");
    auto text = store::read_range(file.get(), 0, size, path);
    if (!text) return tl::unexpected(text.error());
    return std::optional(std::move(*text));
}

}  // namespace

FormerMessages parse_dovecot_uidlist(string_view text) {
    FormerMessages messages;
    std::vector<store::DovecotUidlistLine> lines;
    const auto header = store::parse_dovecot_uidlist(
        text, [&lines](const store::DovecotUidlistLine& line) { lines.push_back(line); });
    for (const store::DovecotUidlistLine& line : lines) {
        std::string own = fmt::format("{:08x}{:08x}", line.uid, header->uid_validity);
        add(messages, line.filename, {line.uidl ? std::string(*line.uidl) : std::move(own), line.size});
    }
    return messages;
}

FormerMessages parse_courier_sizelist(string_view text) {
    FormerMessages messages;
    const auto header = take_line(text);
    if (!header || !header->starts_with('/')) return messages;
    while (auto line = take_line(text)) {
        const std::size_t last = line->rfind(' ');
        const std::size_t middle = last == string_view::npos || last == 0 ? last : line->rfind(' ', last - 1);
        if (middle == string_view::npos || last == 0) continue;
        const string_view filename = line->substr(0, middle);
        const auto numbers = ascii::split(line->substr(last + 1), ':');
        const auto number = ascii::parse_number(numbers[0]);
        const auto validity = numbers.size() > 1 ? ascii::parse_number(numbers[1]) : 0;
        if (!number || !validity) continue;
        std::string uidl = *number == 0 ? std::string(without_info(filename)) : fmt::format("UID{}", *number);
        if (*number != 0 && *validity != 0) uidl += fmt::format("-{}", *validity);
        add(messages, filename, {std::move(uidl)});
    }
    return messages;
}

Result<FormerMessages> read_former_messages(const std::string& maildir) {
    auto dovecot = read_file(maildir, "dovecot-uidlist");
    if (!dovecot) return tl::unexpected(dovecot.error());
    if (*dovecot) return parse_dovecot_uidlist(**dovecot);
    auto courier = read_file(maildir, "courierpop3dsizelist");
    if (!courier) return tl::unexpected(courier.error());
    return *courier ? parse_courier_sizelist(**courier) : FormerMessages{};
}

}  // namespace mailpipe::app::serve

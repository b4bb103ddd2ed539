#include <algorithm>
#include <map>

#include "mailpipe/app/list/mailboxes.hpp"
#include "mailpipe/app/list/table.hpp"
#include "mailpipe/app/list/tree_branches.hpp"
#include "mailpipe/base/terminal_text.hpp"

namespace mailpipe::app {
namespace {

struct Row {
    std::size_t depth = 0;
    std::string name;
    const Mailbox* mailbox = nullptr;  // nullptr: only those below it are there
};

// TAB would move what stands behind it.
std::string one_line(const std::string& text) {
    std::string out = terminal_text(text);
    std::replace(out.begin(), out.end(), '\t', ' ');
    return out;
}

std::string right(const std::string& text, std::size_t width) {
    return std::string(width - std::min(width, text.size()), ' ') + text;
}

std::string count(const std::optional<std::uint64_t>& number) {
    return number ? std::to_string(*number) : std::string();
}

std::vector<Row> rows_of(const std::vector<Mailbox>& mailboxes) {
    std::vector<Row> rows;
    std::vector<std::string> above;
    for (const Mailbox& mailbox : mailboxes) {
        const auto& levels = mailbox.levels;
        if (levels.empty()) continue;
        const auto same = std::mismatch(above.begin(), above.end(), levels.begin(), levels.end());
        auto depth = static_cast<std::size_t>(same.second - levels.begin());
        for (depth = std::min(depth, levels.size() - 1); depth + 1 < levels.size(); ++depth)
            rows.push_back({depth, levels[depth], nullptr});
        rows.push_back({depth, levels[depth], &mailbox});
        above = levels;
    }
    return rows;
}

std::string quota_line(const Mailbox::Quota& quota) {
    const bool octets = quota.resource_type == "octets";
    const auto amount = [octets](std::uint64_t number) {
        return octets ? short_size(number) : std::to_string(number) + " messages";
    };
    return "quota " + (quota.name.empty() ? std::string() : one_line(quota.name) + ": ") + amount(quota.used) +
           " of " + amount(quota.hard_limit);
}

}  // namespace

std::vector<std::string> mailbox_table(const std::vector<Mailbox>& mailboxes) {
    const std::vector<Row> rows = rows_of(mailboxes);
    std::vector<std::size_t> depths;
    for (const Row& row : rows)
        depths.push_back(row.depth);
    const std::vector<std::string> drawn = tree_branches(depths);
    std::vector<std::string> lines{right("UNREAD", 7) + right("TOTAL", 8) + right("SIZE", 7) + "  MAILBOX"};
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Mailbox none;
        const Mailbox& mailbox = rows[i].mailbox == nullptr ? none : *rows[i].mailbox;
        std::string line = right(count(mailbox.unread), 7) + right(count(mailbox.total), 8) +
                           right(mailbox.size ? short_size(*mailbox.size) : std::string(), 7) + "  " +
                           drawn[i] + one_line(rows[i].name);
        if (!mailbox.role.empty() && mailbox.role != "inbox") line += " (" + mailbox.role + ")";
        lines.push_back(std::move(line));
    }
    std::vector<std::string> quotas;
    for (const Mailbox& mailbox : mailboxes) {
        for (const Mailbox::Quota& quota : mailbox.quotas) {
            std::string line = quota_line(quota);
            if (std::find(quotas.begin(), quotas.end(), line) == quotas.end())
                quotas.push_back(std::move(line));
        }
    }
    lines.insert(lines.end(), quotas.begin(), quotas.end());
    return lines;
}

}  // namespace mailpipe::app

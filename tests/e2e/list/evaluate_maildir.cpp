#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <numeric>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "mailpipe/app/list/candidate.hpp"
#include "mailpipe/app/local_store.hpp"
#include "mailpipe/email/sort.hpp"
#include "mailpipe/email/thread.hpp"

// evaluate_maildir PATH < COMMANDS: what an IMAP server of the Maildir says, by libmailpipe. Each message is read
// once, however many commands there are. A command is a line "SEARCH keys", "SORT keys" or "THREAD algorithm"; its
// answer is a line of UIDs, a thread list, or "error: ...". The UID of a message is its place in the Maildir. Letters
// of dovecot-keywords count as flags, which the Maildir of mailpipe does not know.
namespace mailpipe {
namespace {

struct Command {
    std::string verb;
    std::string argument;
    std::string error;
    email::Query query;
    email::SortProgram sort;
    email::ThreadAlgorithm thread{};
    std::vector<std::uint32_t> found;
    std::vector<std::vector<email::SortValue>> values;
};

Command parse(const std::string& line) {
    Command command;
    const std::size_t space = line.find(' ');
    command.verb = line.substr(0, space);
    if (space != std::string::npos) command.argument = line.substr(space + 1);
    const auto take = [&command](auto parsed, auto& place) {
        if (parsed) {
            place = std::move(*parsed);
        } else {
            command.error = parsed.error().message;
        }
    };
    if (command.verb == "SEARCH") {
        take(email::parse_search(command.argument), command.query);
    } else if (command.verb == "SORT") {
        take(email::parse_sort(command.argument), command.sort);
    } else {
        take(email::parse_thread_algorithm(command.argument), command.thread);
    }
    return command;
}

class Evaluation {
 public:
    explicit Evaluation(std::vector<Command> commands) : commands_(std::move(commands)) {}

    Result<void> run(const std::string& path) {
        app::Location location;
        location.scheme = app::Scheme::maildir;
        location.path = path;
        read_keywords(path);
        auto store = app::LocalStore::open(location);
        if (!store) return tl::unexpected(store.error());
        const auto entries = store->reader().list();
        if (!entries) return tl::unexpected(entries.error());
        for (const store::Entry& entry : *entries) {
            app::Candidate candidate;
            candidate.context = store->context_of(entry);
            candidate.context.uid = ++uid_;
            auto reader = store->reader().open(entry.id);
            if (!reader) return tl::unexpected(reader.error());
            if (!entry.received_at) candidate.context.received_at = (*reader)->received_at();
            std::string text;
            while (true) {
                const auto piece = (*reader)->read();
                if (!piece) return tl::unexpected(piece.error());
                if (piece->empty()) break;
                text += *piece;
            }
            candidate.set_message(std::move(text));
            add_keywords(path, entry.id, candidate);
            if (auto taken = take(candidate); !taken) return taken;
        }
        return {};
    }

    void write() {
        std::vector<std::uint32_t> uids(uid_);
        std::iota(uids.begin(), uids.end(), 1U);
        for (Command& command : commands_) {
            if (!command.error.empty()) {
                std::cout << "error: " << command.error << '\n';
                continue;
            }
            if (command.verb == "THREAD") {
                std::cout << email::encode_threads(email::thread(command.thread, facts_), uids) << '\n';
                continue;
            }
            if (command.verb == "SORT") {
                command.found = uids;
                std::stable_sort(
                    command.found.begin(), command.found.end(), [&](std::uint32_t a, std::uint32_t b) {
                        return email::sorts_before(command.sort, command.values[a - 1], command.values[b - 1]);
                    });
            }
            for (std::size_t i = 0; i < command.found.size(); ++i)
                std::cout << (i == 0 ? "" : " ") << command.found[i];
            std::cout << '\n';
        }
    }

 private:
    void read_keywords(const std::string& path) {
        std::ifstream file(path + "/dovecot-keywords");
        for (std::string number, name; file >> number >> name;)
            keywords_.push_back(name);
        has_threads_ = std::any_of(commands_.begin(), commands_.end(),
                                   [](const Command& command) { return command.verb == "THREAD"; });
    }

    // The reader keeps the letters that it knows; the name of the file has the others.
    void add_keywords(const std::string& path, const std::string& id, app::Candidate& candidate) {
        if (names_.empty()) {
            for (const char* sub : {"/cur", "/new"}) {
                for (const auto& file : std::filesystem::directory_iterator(path + sub)) {
                    const std::string name = file.path().filename();
                    const std::size_t info = name.find(":2,");
                    names_[name.substr(0, info)] = info == std::string::npos ? "" : name.substr(info + 3);
                }
            }
        }
        for (const char letter : names_[id]) {
            const auto index = static_cast<std::size_t>(letter - 'a');
            if (letter >= 'a' && index < keywords_.size())
                candidate.context.keywords->push_back(keywords_[index]);
        }
    }

    Result<void> take(app::Candidate& candidate) {
        const std::string& header = candidate.header_text();
        const auto received_at = static_cast<std::int64_t>(candidate.received_at());
        if (has_threads_) facts_.push_back(email::thread_facts(header, received_at));
        for (Command& command : commands_) {
            if (!command.error.empty()) continue;
            if (command.verb == "SORT") {
                const email::SortFacts facts{header, received_at, candidate.context.size.value_or(0)};
                command.values.push_back(email::sort_values(command.sort, facts));
            } else if (command.verb == "SEARCH") {
                const auto matched = email::matches(command.query, candidate);
                if (!matched) return tl::unexpected(matched.error());
                if (*matched) command.found.push_back(candidate.uid());
            }
        }
        return {};
    }

    std::vector<Command> commands_;
    std::vector<std::string> keywords_;
    std::unordered_map<std::string, std::string> names_;
    std::vector<email::ThreadFacts> facts_;
    std::uint32_t uid_ = 0;
    bool has_threads_ = false;
};

}  // namespace
}  // namespace mailpipe

int main(int argc, char** argv) {
    if (argc != 2) return 64;
    std::vector<mailpipe::Command> commands;
    for (std::string line; std::getline(std::cin, line);)
        commands.push_back(mailpipe::parse(line));
    mailpipe::Evaluation evaluation(std::move(commands));
    if (const auto run = evaluation.run(argv[1]); !run) {
        std::cerr << run.error().message << '\n';
        return 1;
    }
    evaluation.write();
    return 0;
}

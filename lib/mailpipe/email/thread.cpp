#include "mailpipe/email/thread.hpp"

#include <algorithm>
#include <utility>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/email/base_subject.hpp"
#include "mailpipe/email/collation.hpp"
#include "mailpipe/email/sort.hpp"
#include "mailpipe/email/thread_forest.hpp"
#include "mailpipe/mime/encoded_word.hpp"
#include "mailpipe/mime/header.hpp"
#include "mailpipe/mime/message_id.hpp"

namespace mailpipe::email {
namespace {

std::vector<std::string> ids_of(const mime::Header& header, std::string_view name) {
    const mime::Field* field = header.find_last(name);
    return field == nullptr ? std::vector<std::string>{} : mime::parse_message_ids(field->value);
}

// RFC 5256 section 3, ORDEREDSUBJECT: sorted by subject, then by date; the first of each subject is the parent
// of the others.
std::vector<ThreadEntry> thread_by_subject(const std::vector<ThreadFacts>& messages) {
    std::vector<std::size_t> order(messages.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        const int subjects = messages[a].subject.compare(messages[b].subject);
        return subjects != 0 ? subjects < 0 : messages[a].sent < messages[b].sent;
    });
    using Run = std::pair<std::size_t, std::size_t>;  // [first, second) of order
    std::vector<Run> runs;
    for (std::size_t i = 0; i < order.size(); ++i) {
        if (i == 0 || messages[order[i]].subject != messages[order[i - 1]].subject) runs.emplace_back(i, i);
        ++runs.back().second;
    }
    std::stable_sort(runs.begin(), runs.end(), [&](const Run& a, const Run& b) {
        return std::pair(messages[order[a.first]].sent, order[a.first]) <
               std::pair(messages[order[b.first]].sent, order[b.first]);
    });
    std::vector<ThreadEntry> entries;
    entries.reserve(messages.size());
    for (const auto& [first, last] : runs) {
        for (std::size_t i = first; i < last; ++i)
            entries.push_back({order[i], i == first ? 0U : 1U});
    }
    return entries;
}

}  // namespace

Result<ThreadAlgorithm> parse_thread_algorithm(std::string_view name) {
    for (const auto algorithm : {ThreadAlgorithm::references, ThreadAlgorithm::ordered_subject}) {
        if (ascii::equals_ignore_case(name, encode_thread_algorithm(algorithm))) return algorithm;
    }
    return fail(Errc::usage,
                "thread-alg: \"" + std::string(name) + "\" is neither REFERENCES nor ORDEREDSUBJECT");
}

std::string_view encode_thread_algorithm(ThreadAlgorithm algorithm) {
    return algorithm == ThreadAlgorithm::references ? "REFERENCES" : "ORDEREDSUBJECT";
}

ThreadFacts thread_facts(std::string_view header_text, std::int64_t received_at) {
    const mime::Header header = mime::parse_header(header_text);
    ThreadFacts facts;
    if (auto ids = ids_of(header, "Message-ID"); !ids.empty()) facts.message_id = std::move(ids.front());
    facts.references = ids_of(header, "References");
    if (facts.references.empty()) {
        // RFC 5256 section 3: the first valid one of In-Reply-To.
        if (auto ids = ids_of(header, "In-Reply-To"); !ids.empty())
            facts.references.push_back(std::move(ids.front()));
    }
    if (const mime::Field* subject = header.find_last("Subject")) {
        const BaseSubject base = base_subject(mime::decode_text(subject->value).text);
        facts.subject = casemap(base.text);
        facts.reply_or_forward = base.reply_or_forward;
    }
    facts.sent = sent_date(header, received_at);
    return facts;
}

std::vector<ThreadEntry> thread(ThreadAlgorithm algorithm, const std::vector<ThreadFacts>& messages) {
    if (algorithm == ThreadAlgorithm::ordered_subject) return thread_by_subject(messages);
    return ThreadForest(messages).take();
}

// thread-list    = "(" (thread-members / thread-nested) ")"
// thread-members = nz-number *(SP nz-number) [SP thread-nested]
// thread-nested  = 2*thread-list
std::string encode_threads(const std::vector<ThreadEntry>& entries, const std::vector<std::uint32_t>& numbers) {
    std::vector<std::size_t> children(entries.size(), 0);
    std::vector<std::size_t> path;  // the entry at each depth
    for (std::size_t i = 0; i < entries.size(); ++i) {
        path.resize(entries[i].depth);
        if (!path.empty()) ++children[path.back()];
        path.push_back(i);
    }
    std::string out;
    path.clear();
    std::vector<bool> in_list;  // whether the entry at each depth began a thread-list
    const auto close = [&](std::size_t depth) {
        while (path.size() > depth) {
            if (in_list.back()) out += ')';
            path.pop_back();
            in_list.pop_back();
        }
    };
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const bool is_first_child = entries[i].depth > 0 && path.size() == entries[i].depth;
        close(entries[i].depth);
        const bool list = path.empty() || children[path.back()] > 1;
        if (is_first_child && entries[path.back()].message != ThreadEntry::kNoMessage) out += ' ';
        if (list) out += '(';
        if (entries[i].message != ThreadEntry::kNoMessage) out += std::to_string(numbers[entries[i].message]);
        path.push_back(i);
        in_list.push_back(list);
    }
    close(0);
    return out;
}

}  // namespace mailpipe::email

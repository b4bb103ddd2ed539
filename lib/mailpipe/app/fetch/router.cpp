#include "mailpipe/app/fetch/router.hpp"

#include <algorithm>
#include <utility>

namespace mailpipe::app {

Router::Router(std::vector<Rule> rules, std::size_t other, bool has_uids)
    : rules_(std::move(rules)), other_(other), has_uids_(has_uids) {
    for (const Rule& rule : rules_)
        by_header_.push_back(email::needs_only_header(rule.query));
}

void Router::begin() {
    next_ = 0;
    header_read_ = false;
    header_.clear();
    text_.clear();
    candidate_ = {};
}

Result<std::optional<std::size_t>> Router::append(std::string_view crlf_text) {
    if (auto kept = text_.append(crlf_text); !kept) return tl::unexpected(kept.error());
    if (header_read_) return std::nullopt;
    header_.append(crlf_text);
    return header_.complete() ? decide_by_header() : std::nullopt;
}

std::optional<std::size_t> Router::decide_by_header() {
    header_read_ = true;
    candidate_.set_header(header_.text());
    for (; next_ < rules_.size() && by_header_[next_]; ++next_) {
        const auto verdict = candidate_.judge(rules_[next_].query, false);
        if (verdict && verdict->listed) return rules_[next_].target;
    }
    if (next_ == rules_.size()) return other_;
    return std::nullopt;
}

Result<std::size_t> Router::finish(const Message& message) {
    if (!header_read_) {
        if (const auto decided = decide_by_header()) return *decided;
    }
    candidate_.context.keywords = message.keywords;
    candidate_.context.size = text_.size();
    if (message.received_at) candidate_.context.received_at = *message.received_at;
    if (has_uids_) candidate_.context.uid = message.number;
    for (; next_ < rules_.size(); ++next_) {
        const auto fit = fits(rules_[next_]);
        if (!fit) return tl::unexpected(fit.error());
        if (*fit) return rules_[next_].target;
    }
    return other_;
}

Result<bool> Router::fits(const Rule& rule) {
    auto verdict = candidate_.judge(rule.query, false);
    if (verdict && verdict->need == Candidate::Need::message) {
        auto text = searched_text();
        if (!text) return tl::unexpected(text.error());
        candidate_.set_message(std::move(*text));
        candidate_.context.size = text_.size();
        verdict = candidate_.judge(rule.query, false);
    }
    if (!verdict) return tl::unexpected(verdict.error());
    return verdict->listed;
}

Result<std::string> Router::searched_text() {
    std::string text;
    const std::uint64_t wanted = std::min<std::uint64_t>(text_.size(), kSearchedOctets);
    text.reserve(wanted);
    while (text.size() < wanted) {
        const auto piece = text_.read(text.size());
        if (!piece) return tl::unexpected(piece.error());
        text += piece->substr(0, wanted - text.size());
    }
    return text;
}

}  // namespace mailpipe::app

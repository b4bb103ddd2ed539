#include "mailpipe/app/serve/test/fault.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <set>

#include "mailpipe/app/serve/test/fault_words.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/edit_distance.hpp"

namespace mailpipe::app::serve {
namespace {

using Words = std::vector<std::string>;

bool is_place(const Words& places, const Fault& fault) {
    const auto has = [&places](const std::string& place) {
        return std::find(places.begin(), places.end(), place) != places.end();
    };
    if (has('!' + fault.point)) return false;
    if (places.empty() || places.front()[0] == '!') return true;
    const std::string protocol(protocol_name(fault.protocol));
    return has(protocol + ' ' + fault.point) || has(protocol);
}

const FaultItem* find_item(const std::string& name) {
    const auto& table = fault_items();
    const auto item =
        std::find_if(table.begin(), table.end(), [&name](const FaultItem& one) { return name == one.name; });
    return item == table.end() ? nullptr : &*item;
}

std::string list_of(const Words& words) {
    std::string out;
    for (const std::string& word : words)
        out += (out.empty() ? "" : " ") + word;
    return out;
}

class Parser {
 public:
    explicit Parser(std::string_view text) : text_(text) {}

    Result<Fault> parse() {
        Fault fault;
        fault.text = ascii::trim(text_);
        if (auto read = parse_protocol(fault); !read) return tl::unexpected(read.error());
        if (auto read = parse_point(fault); !read) return tl::unexpected(read.error());
        bool acts = false;
        while (skip_spaces(), at_ < text_.size()) {
            auto action = parse_item(fault);
            if (!action) return tl::unexpected(action.error());
            acts = acts || *action;
        }
        if (!acts) return wrong(at_, "an action is missing, such as reply=\"...\", drop or delay=5s");
        if (fault.drop + fault.reset + fault.hang > 1)
            return wrong(0, "drop, reset and hang contradict each other");
        if (fault.n && fault.first) return wrong(0, "n= and first= contradict each other");
        for (const std::string& name : fault.per) {
            const FaultItem* item = find_item(name);
            if (item != nullptr && !is_place(item->points, fault))
                return wrong(0, fmt::format("per={} has no meaning at {}", name, fault.point));
        }
        return fault;
    }

 private:
    Fail wrong(std::size_t at, const std::string& what) const {
        return fail(Errc::usage, fmt::format("'{}', column {}: {}", ascii::trim(text_), at + 1, what));
    }

    Fail unknown(std::size_t at, const char* what, const std::string& word, const Words& words) const {
        const std::string near = nearest_word(word, words);
        return wrong(
            at, fmt::format("{} '{}' is not known; {}", what, word,
                            near.empty() ? "there are: " + list_of(words) : "did you mean '" + near + "'?"));
    }

    Fail unknown_item(std::size_t at, const std::string& name) const {
        Words names;
        for (const FaultItem& one : fault_items())
            names.emplace_back(one.name);
        if (bare_value_ && nearest_word(name, names).empty())
            return wrong(at, "'" + name + "' is not known; a value with spaces in it stands in double quotes");
        return unknown(at, "condition or action", name, names);
    }

    void skip_spaces() {
        while (at_ < text_.size() && ascii::is_space(text_[at_]))
            ++at_;
    }

    std::string word() {
        skip_spaces();
        begin_ = at_;
        while (at_ < text_.size() && !ascii::is_space(text_[at_]) && text_[at_] != '=')
            ++at_;
        return std::string(text_.substr(begin_, at_ - begin_));
    }

    Result<void> parse_protocol(Fault& fault) {
        const std::string name = ascii::to_lower(word());
        Words names;
        for (const FaultProtocol protocol : kFaultProtocols) {
            fault.protocol = protocol;
            if (name == protocol_name(protocol)) return {};
            names.emplace_back(protocol_name(protocol));
        }
        return unknown(begin_, "protocol", name, names);
    }

    Result<void> parse_point(Fault& fault) {
        fault.point = ascii::to_lower(word());
        const Words& points = fault_points(fault.protocol);
        if (fault.point.empty()) return wrong(begin_, "a point is missing; there are: " + list_of(points));
        if (std::find(points.begin(), points.end(), fault.point) != points.end()) return {};
        return unknown(begin_, "point", fault.point, points);
    }

    // Whether it is an action.
    Result<bool> parse_item(Fault& fault) {
        const std::string name = word();
        const std::size_t begin = begin_;
        const FaultItem* item = find_item(name);
        if (item == nullptr) return unknown_item(begin, name);
        if (!given_.insert(name).second) return wrong(begin, name + " stands there twice");
        if (!is_place(item->points, fault))
            return wrong(begin, fmt::format("{} has no meaning at {}", name, fault.point));
        std::optional<std::string> value;
        if (at_ < text_.size() && text_[at_] == '=') {
            auto read = parse_value();
            if (!read) return tl::unexpected(read.error());
            value = std::move(*read);
        }
        const std::string_view expected = item->value == nullptr ? "" : item->value;
        if (expected.empty() && value) return wrong(begin, name + " takes no value");
        if (!expected.empty() && expected[0] != '[' && !value)
            return wrong(begin, fmt::format("{}= needs {}", name, expected));
        if (!item->set(fault, value.value_or("")))
            return wrong(begin, fmt::format("{}={}: {} is expected", name, *value, expected));
        return item->is_action;
    }

    Result<std::string> parse_value() {
        const std::size_t begin = ++at_;
        bare_value_ = at_ == text_.size() || text_[at_] != '"';
        if (bare_value_) {
            while (at_ < text_.size() && !ascii::is_space(text_[at_]))
                ++at_;
            return std::string(text_.substr(begin, at_ - begin));
        }
        std::string value;
        for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
            if (text_[at_] != '\\') {
                value += text_[at_];
                continue;
            }
            const char c = ++at_ < text_.size() ? text_[at_] : ' ';
            if (std::string_view("rnt\"\\").find(c) == std::string_view::npos)
                return wrong(at_ - 1, "\\r, \\n, \\t, \\\" or \\\\ is expected");
            value += c == 'r' ? '\r' : c == 'n' ? '\n' : c == 't' ? '\t' : c;
        }
        if (at_ == text_.size()) return wrong(begin, "the quote is not closed");
        ++at_;
        return value;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t begin_ = 0;    // of the last word
    bool bare_value_ = false;  // the last value had no quotes
    std::set<std::string> given_;
};

}  // namespace

std::string_view protocol_name(FaultProtocol protocol) {
    switch (protocol) {
        case FaultProtocol::smtp:
            return "smtp";
        case FaultProtocol::lmtp:
            return "lmtp";
        case FaultProtocol::pop3:
            return "pop3";
        case FaultProtocol::imap:
            return "imap";
    }
    return "";
}

std::uint64_t NumberChange::of(std::uint64_t number) const {
    const auto base = relative ? static_cast<std::int64_t>(number) : 0;
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, base + value));
}

Result<Fault> parse_fault(std::string_view text) {
    return Parser(text).parse();
}

Result<std::vector<Fault>> read_faults(const std::string& path) {
    std::ifstream file(path);
    if (!file) return fail_errno(errno, path);
    std::vector<Fault> faults;
    std::string line;
    for (std::size_t number = 1; std::getline(file, line); ++number) {
        const std::string_view text = ascii::trim(line);
        if (text.empty() || text[0] == '#') continue;
        auto fault = parse_fault(text);
        if (!fault) return fail(Errc::usage, fmt::format("{}:{}: {}", path, number, fault.error().message));
        faults.push_back(std::move(*fault));
    }
    return faults;
}

bool matches_pattern(std::string_view pattern, std::string_view text) {
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos;
    std::size_t mark = 0;
    while (t < text.size()) {
        const bool same = p < pattern.size() && pattern[p] != '*' &&
                          (pattern[p] == '?' || ascii::lower(pattern[p]) == ascii::lower(text[t]));
        if (same) {
            ++p;
            ++t;
        } else if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            mark = t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++mark;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*')
        ++p;
    return p == pattern.size();
}

}  // namespace mailpipe::app::serve

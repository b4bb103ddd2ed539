#include <cstdint>
#include <cstdlib>

#include "mailpipe/email/search.hpp"

using namespace mailpipe;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

class Subject : public email::SearchSubject {
 public:
    explicit Subject(std::string_view message) : message_(message) {}
    Result<std::string_view> header() override { return message_; }
    Result<std::string_view> message() override { return message_; }
    Result<std::uint64_t> size() override { return message_.size(); }
    const std::vector<std::string>& keywords() const override { return keywords_; }
    std::time_t received_at() const override { return 1'000'000'000; }
    std::time_t now() const override { return 1'000'003'600; }
    std::uint32_t uid() const override { return 7; }

 private:
    std::string_view message_;
    std::vector<std::string> keywords_ = {"$seen"};
};

// Without the literals of a command no line end and no 8-bit octet is left.
void check_criteria(std::string_view criteria) {
    while (!criteria.empty()) {
        const std::size_t line_end = criteria.find("\r\n");
        const std::string_view line = criteria.substr(0, line_end);
        for (const char c : line)
            require(c != '\r' && c != '\n' && c != '\0' && static_cast<unsigned char>(c) < 0x80);
        if (line_end == std::string_view::npos) return;
        const std::size_t brace = line.rfind('{');
        require(brace != std::string_view::npos && line.ends_with('}'));
        const std::size_t length = std::strtoul(std::string(line.substr(brace + 1)).c_str(), nullptr, 10);
        criteria.remove_prefix(line_end + 2);
        require(length <= criteria.size());
        criteria.remove_prefix(length);
    }
}

}  // namespace

// The query is the first line, the message what follows.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::size_t end = text.find('\n');
    Subject subject(end == std::string_view::npos ? std::string_view() : text.substr(end + 1));
    for (const auto parse : {email::parse_search, email::parse_imap_search}) {
        const auto query = parse(text.substr(0, end));
        if (!query) {
            require(query.error().kind == Errc::usage);
            continue;
        }
        const std::string criteria = email::encode_search_keys(*query);
        check_criteria(criteria);
        // What is written for a server is what a server reads, and means the same.
        const auto again = email::parse_imap_search(criteria);
        if (!again) {  // "(RECENT UNSEEN)" is nested deeper than NEW
            require(again.error().message.find("kImapNesting") != std::string::npos);
            continue;
        }
        require(email::encode_search_keys(*again) == criteria);
        const auto matched = email::matches(*query, subject);
        require(matched.has_value() && *matched == email::matches(*again, subject).value());
    }
    return 0;
}

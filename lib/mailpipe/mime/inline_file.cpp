#include "mailpipe/mime/inline_file.hpp"

#include <algorithm>
#include <optional>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/mime/transfer.hpp"

namespace mailpipe::mime {
namespace {

constexpr std::size_t kMostGroups = 21;  // of a line of uuencode: 63 octets at most

// Takes the line at the start of `rest`, without its line end.
std::string_view take_line(std::string_view& rest) {
    const std::size_t lf = rest.find('\n');
    std::string_view line = rest.substr(0, lf);
    rest.remove_prefix(lf == std::string_view::npos ? rest.size() : lf + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

bool is_mode(std::string_view text) {
    return (text.size() == 3 || text.size() == 4) &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '7'; });
}

// begin = ("begin" / "begin-base64") SP mode SP name
std::optional<std::string_view> name_after(std::string_view line, std::string_view keyword) {
    if (!line.starts_with(keyword)) return std::nullopt;
    line.remove_prefix(keyword.size());
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos || !is_mode(line.substr(0, space))) return std::nullopt;
    const std::string_view name = ascii::trim(line.substr(space + 1));
    return name.empty() ? std::nullopt : std::optional(name);
}

int sextet(char c) {
    return (c - ' ') & 0x3F;
}

bool is_sextet(char c) {
    return c >= ' ' && c <= '`';
}

// Spaces at its end may be gone, and one character more, a checksum, is seen.
bool is_uu_line(std::string_view line) {
    if (line.empty() || !std::all_of(line.begin(), line.end(), is_sextet)) return false;
    const auto groups = static_cast<std::size_t>((sextet(line[0]) + 2) / 3);
    return groups <= kMostGroups && line.size() <= 1 + groups * 4 + 1;
}

bool is_base64_line(std::string_view line) {
    return !line.empty() && std::all_of(line.begin(), line.end(), [](char c) {
        return ascii::is_alnum(c) || c == '+' || c == '/' || c == '=';
    });
}

// The value of KEY=VALUE in a line of yEnc; that of name is the rest of the line.
std::string_view yenc_value(std::string_view line, std::string_view key) {
    const std::size_t at = line.find(key);
    if (at == std::string_view::npos) return {};
    const std::string_view value = line.substr(at + key.size());
    return key == " name=" ? ascii::trim(value) : value.substr(0, value.find(' '));
}

class Finder {
 public:
    explicit Finder(std::string_view text) : text_(text), rest_(text) {}

    std::vector<InlineFile> run() {
        while (!rest_.empty()) {
            const std::size_t begin = offset();
            const std::string_view line = take_line(rest_);
            if (const auto name = name_after(line, "begin ")) {
                find_end(InlineFile::Kind::uuencode, begin, *name);
            } else if (const auto other = name_after(line, "begin-base64 ")) {
                find_end(InlineFile::Kind::base64, begin, *other);
            } else if (line.starts_with("=ybegin ") && !yenc_value(line, " name=").empty()) {
                find_end(InlineFile::Kind::yenc, begin, yenc_value(line, " name="));
            }
        }
        return std::move(files_);
    }

 private:
    enum class Line { content, end, foreign };

    std::size_t offset() const { return text_.size() - rest_.size(); }

    static Line kind_of(InlineFile::Kind kind, std::string_view line) {
        switch (kind) {
            case InlineFile::Kind::uuencode:
                if (line == "end") return Line::end;
                return is_uu_line(line) ? Line::content : Line::foreign;
            case InlineFile::Kind::base64:
                if (line == "====") return Line::end;
                return is_base64_line(line) ? Line::content : Line::foreign;
            case InlineFile::Kind::yenc:
                break;
        }
        if (line.starts_with("=yend ")) return Line::end;
        // The encoder never writes "=y", so that a file that is not complete is not looked through again.
        return line.starts_with("=ybegin ") ? Line::foreign : Line::content;
    }

    // Goes on behind the file; before the line that shows that there is none.
    void find_end(InlineFile::Kind kind, std::size_t begin, std::string_view name) {
        const std::size_t content = offset();
        while (!rest_.empty()) {
            const std::string_view before = rest_;
            const std::size_t at = offset();
            const Line line = kind_of(kind, take_line(rest_));
            if (line == Line::content) continue;
            if (line == Line::foreign) {
                rest_ = before;
            } else if (at > content) {
                // =yend is needed for the size that it says.
                const std::size_t end = kind == InlineFile::Kind::yenc ? offset() : at;
                files_.push_back({kind, name, begin, offset(), text_.substr(content, end - content)});
            }
            return;
        }
    }

    std::string_view text_;
    std::string_view rest_;
    std::vector<InlineFile> files_;
};

std::string decode_uuencode(std::string_view content, bool& problem) {
    std::string out;
    while (!content.empty()) {
        const std::string_view line = take_line(content);
        const auto count = static_cast<std::size_t>(sextet(line[0]));
        const auto at = [line](std::size_t i) { return i < line.size() ? sextet(line[i]) : 0; };
        std::string octets;
        for (std::size_t i = 1; octets.size() < count; i += 4) {
            const int group = at(i) << 18 | at(i + 1) << 12 | at(i + 2) << 6 | at(i + 3);
            for (const int shift : {16, 8, 0})
                octets += static_cast<char>(group >> shift & 0xFF);
        }
        // A line without its last spaces is whole; one that lacks more was cut.
        problem = problem || (count > 0 && line.size() < 2);
        out += octets.substr(0, count);
    }
    return out;
}

std::string decode_yenc(std::string_view content, bool& problem) {
    std::string out;
    std::string_view size;
    while (!content.empty()) {
        const std::string_view line = take_line(content);
        if (line.starts_with("=ypart ")) continue;
        if (line.starts_with("=yend ")) {
            size = yenc_value(line, " size=");
            break;
        }
        for (std::size_t i = 0; i < line.size(); ++i) {
            int octet = static_cast<unsigned char>(line[i]);
            if (line[i] == '=' && i + 1 < line.size()) octet = static_cast<unsigned char>(line[++i]) - 64;
            out += static_cast<char>((octet - 42) & 0xFF);
        }
    }
    problem = problem || ascii::parse_number(size) != out.size();
    return out;
}

}  // namespace

std::vector<InlineFile> find_inline_files(std::string_view text) {
    return Finder(text).run();
}

std::string decode_inline_file(const InlineFile& file, bool* problem) {
    bool ignored = false;
    bool& found = problem != nullptr ? *problem : ignored;
    switch (file.kind) {
        case InlineFile::Kind::uuencode:
            return decode_uuencode(file.content, found);
        case InlineFile::Kind::base64:
            return decode_transfer(file.content, TransferEncoding::base64, &found);
        case InlineFile::Kind::yenc:
            break;
    }
    return decode_yenc(file.content, found);
}

}  // namespace mailpipe::mime

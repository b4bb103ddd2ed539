#include "mailpipe/email/base_subject.hpp"

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::email {
namespace {

// subject         = *subj-leader [subj-middle] *subj-trailer
// subj-refwd      = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":"
// subj-blob       = "[" *BLOBCHAR "]" *WSP        ; BLOBCHAR is any character but "[" and "]"
// subj-fwd        = subj-fwd-hdr subject subj-fwd-trl
// subj-fwd-hdr    = "[fwd:"
// subj-fwd-trl    = "]"
// subj-leader     = (*subj-blob subj-refwd) / WSP
// subj-trailer    = "(fwd)" / WSP
constexpr std::string_view kForwardTrailer = "(fwd)";
constexpr std::string_view kForwardHeader = "[fwd:";

std::size_t spaces(std::string_view text, std::size_t at) {
    while (at < text.size() && text[at] == ' ')
        ++at;
    return at;
}

// The offset behind a subj-blob at `at`; `at` itself when there is none.
std::size_t blob_end(std::string_view text, std::size_t at) {
    if (at >= text.size() || text[at] != '[') return at;
    const std::size_t end = text.find_first_of("[]", at + 1);
    if (end == std::string_view::npos || text[end] == '[') return at;
    return spaces(text, end + 1);
}

std::size_t refwd_end(std::string_view text, std::size_t at) {
    const std::string_view rest = text.substr(at);
    std::size_t end = at;
    if (ascii::starts_with_ignore_case(rest, "fwd")) {
        end += 3;
    } else if (ascii::starts_with_ignore_case(rest, "fw") || ascii::starts_with_ignore_case(rest, "re")) {
        end += 2;
    } else {
        return at;
    }
    end = blob_end(text, spaces(text, end));
    return end < text.size() && text[end] == ':' ? end + 1 : at;
}

class Reducer {
 public:
    explicit Reducer(std::string_view text) : text_(text) {}

    BaseSubject run() {
        do {
            remove_trailers();
            remove_leaders();
        } while (remove_forward());
        return {std::string(text_), reply_or_forward_};
    }

 private:
    // Step 2.
    void remove_trailers() {
        while (!text_.empty()) {
            if (text_.back() == ' ') {
                text_.remove_suffix(1);
            } else if (text_.size() >= kForwardTrailer.size() &&
                       ascii::equals_ignore_case(text_.substr(text_.size() - kForwardTrailer.size()),
                                                 kForwardTrailer)) {
                text_.remove_suffix(kForwardTrailer.size());
                reply_or_forward_ = true;
            } else {
                return;
            }
        }
    }

    // Steps 3 to 5. Blobs in front of a "Re:" go with it; a blob that stands for itself goes when something is
    // left behind it. Each octet is looked at for a blob once: text of blobs alone would cost the square of its
    // length.
    void remove_leaders() {
        std::size_t begin = spaces(text_, 0);
        std::size_t last_blob = begin;  // where the last blob that was passed began
        std::size_t at = begin;
        while (true) {
            if (const std::size_t end = refwd_end(text_, at); end != at) {
                reply_or_forward_ = true;
                begin = at = last_blob = spaces(text_, end);
            } else if (const std::size_t blob = blob_end(text_, at); blob != at) {
                last_blob = at;
                begin = at = blob;
            } else {
                break;
            }
        }
        // Nothing behind the last blob: it is the subject.
        if (begin == text_.size()) begin = last_blob;
        text_.remove_prefix(begin);
    }

    // Step 6.
    bool remove_forward() {
        if (!ascii::starts_with_ignore_case(text_, kForwardHeader) || text_.back() != ']') return false;
        text_.remove_prefix(kForwardHeader.size());
        text_.remove_suffix(1);
        reply_or_forward_ = true;
        return true;
    }

    std::string_view text_;
    bool reply_or_forward_ = false;
};

// Step 1: tabs become spaces, and one space stands for several.
std::string single_spaces(std::string_view subject) {
    std::string out;
    out.reserve(subject.size());
    for (const char c : subject) {
        const bool space = c == ' ' || c == '\t' || c == '\r' || c == '\n';
        if (!space) {
            out += c;
        } else if (out.empty() || out.back() != ' ') {
            out += ' ';
        }
    }
    return out;
}

}  // namespace

BaseSubject base_subject(std::string_view subject) {
    const std::string text = single_spaces(subject);
    return Reducer(text).run();
}

}  // namespace mailpipe::email

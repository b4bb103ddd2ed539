#include "mailpipe/app/send/conversion.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "mailpipe/app/send/entity_walk.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/encoding.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/mime/header.hpp"
#include "mailpipe/mime/transfer_encode.hpp"

namespace mailpipe::app {
namespace {

using Place = EntityWalk::Place;

constexpr std::size_t kPiece = 65'536;  // of a long line
constexpr std::size_t kBase64Line = 76;

enum class Treatment {
    keep,
    relabel,  // a composite one, above something that is converted
    quoted_printable,
    base64,
    rewrap  // base64 in lines that are too long
};

// What the first pass finds of each entity.
struct Found {
    Treatment treatment = Treatment::keep;
    bool is_utf8 = true;
};

// Cuts text into lines, and long lines into pieces.
class LineCutter {
 public:
    using Sink = std::function<Result<void>(std::string_view text, bool first, bool last)>;
    explicit LineCutter(Sink sink) : sink_(std::move(sink)) {}

    Result<void> append(std::string_view text) {
        held_ += text;
        std::size_t at = 0;
        while (true) {
            const std::string_view rest = std::string_view(held_).substr(at);
            const std::size_t end = rest.find("\r\n");
            if (end == std::string_view::npos && rest.size() <= kPiece) break;
            const bool last = end != std::string_view::npos;
            // A CR stays with the LF that may follow it.
            const std::size_t length = last ? end : rest.size() - 1;
            if (auto taken = sink_(rest.substr(0, length), first_, last); !taken) return taken;
            first_ = last;
            at += last ? length + 2 : length;
        }
        held_.erase(0, at);
        return {};
    }

    // What comes behind the last CRLF, of a text that is binary.
    Result<void> finish() { return held_.empty() ? Result<void>() : sink_(held_, first_, false); }

 private:
    Sink sink_;
    std::string held_;
    bool first_ = true;
};

Result<void> each_line(OutgoingText& text, LineCutter::Sink sink) {
    LineCutter cutter(std::move(sink));
    text.rewind();
    while (true) {
        auto piece = text.read();
        if (!piece) return tl::unexpected(piece.error());
        if (piece->empty()) return cutter.finish();
        if (auto cut = cutter.append(*piece); !cut) return cut;
    }
}

class FirstPass {
 public:
    explicit FirstPass(Unfit what) : what_(what) {}

    Result<std::vector<Found>> run(OutgoingText& text) {
        auto read = each_line(
            text, [this](std::string_view piece, bool first, bool last) { return take(piece, first, last); });
        if (!read) return tl::unexpected(read.error());
        walk_.finish();
        if (walk_.header_ended()) note_header();
        return std::move(found_);
    }

 private:
    Result<void> take(std::string_view piece, bool first, bool last) {
        const auto place = first ? walk_.line(piece, last)
                                 : walk_.append(last ? std::string(piece) + "\r\n" : std::string(piece));
        if (!place) return tl::unexpected(place.error());
        if (walk_.header_ended()) note_header();
        length_ = (first ? 0 : length_) + piece.size();
        const bool unfit = is_unfit(piece);
        if (*place == Place::body && !is_utf8(piece)) found().is_utf8 = false;
        if (!unfit) return {};
        if (*place != Place::body) {
            return refuse(*place == Place::header ? "its header" : "the text between its parts");
        }
        return treat();
    }

    bool is_unfit(std::string_view piece) const {
        switch (what_) {
            case Unfit::eight_bit:
                return !ascii::is_ascii(piece);
            case Unfit::long_line:
                return length_ > limits::kLongestLine;
            case Unfit::binary:
                return piece.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
        }
        return false;
    }

    Found& found() {
        if (found_.size() <= walk_.number()) found_.resize(walk_.number() + 1);
        return found_[walk_.number()];
    }

    void note_header() {
        const auto& entity = walk_.entity();
        const bool relabel = entity.is_composite && (entity.encoding == "8bit" || entity.encoding == "binary");
        found().treatment = relabel ? Treatment::relabel : Treatment::keep;
    }

    Result<void> treat() {
        const auto& entity = walk_.entity();
        if (entity.is_signed) return refuse("a part that is signed (multipart/signed)");
        const std::string& encoding = entity.encoding;
        if (encoding == "base64" && what_ == Unfit::long_line) {
            found().treatment = Treatment::rewrap;
            return {};
        }
        const bool identity =
            encoding.empty() || encoding == "7bit" || encoding == "8bit" || encoding == "binary";
        if (!identity) return refuse("a part that is labelled as " + encoding);
        if (entity.type.starts_with("message/")) return refuse("a part of the type " + entity.type);
        const bool is_text = entity.type.starts_with("text/") && what_ != Unfit::binary;
        found().treatment = is_text ? Treatment::quoted_printable : Treatment::base64;
        return {};
    }

    Result<void> refuse(const std::string& where) const {
        const bool is_eight_bit = what_ == Unfit::eight_bit;
        const char* const text = is_eight_bit                ? "8-bit text"
                                 : what_ == Unfit::long_line ? "a line of more than 998 octets (kLongestLine)"
                                                             : "a bare CR, a bare LF or a NUL";
        return fail(is_eight_bit ? Errc::unsupported : Errc::data,
                    text + std::string(" in ") + where + " cannot be converted" +
                        (is_eight_bit ? ", and the server does not offer 8BITMIME" : ""));
    }

    Unfit what_;
    EntityWalk walk_;
    std::vector<Found> found_;
    std::size_t length_ = 0;
};

class SecondPass {
 public:
    SecondPass(const std::vector<Found>& found, OutgoingText& to) : found_(found), to_(to) {}

    Result<void> run(OutgoingText& text) {
        auto read = each_line(
            text, [this](std::string_view piece, bool first, bool last) { return take(piece, first, last); });
        if (!read) return read;
        walk_.finish();
        if (walk_.header_ended()) write_header();
        end_body(true);
        if (auto written = flush(); !written) return written;
        return to_.finish();
    }

 private:
    Result<void> take(std::string_view piece, bool first, bool last) {
        const auto place = first ? walk_.line(piece, last)
                                 : walk_.append(last ? std::string(piece) + "\r\n" : std::string(piece));
        if (!place) return tl::unexpected(place.error());
        if (walk_.header_ended()) write_header();
        if (*place == Place::header) {
            if (walk_.header_ended()) out_ += "\r\n";
        } else if (*place == Place::body && treatment_ != Treatment::keep) {
            hold(piece, last);
        } else {
            if (*place == Place::delimiter) end_body(false);
            out_ += piece;
            if (last) out_ += "\r\n";
        }
        return out_.size() < kPiece ? Result<void>() : flush();
    }

    Result<void> flush() {
        auto written = to_.append(out_);
        out_.clear();
        return written;
    }

    const Found& found() const {
        static const Found kNothing;
        return walk_.number() < found_.size() ? found_[walk_.number()] : kNothing;
    }

    void write_header() {
        const Treatment treatment = found().treatment;
        treatment_ = walk_.entity().is_composite ? Treatment::keep : treatment;
        if (treatment == Treatment::keep || treatment == Treatment::rewrap) {
            out_ += walk_.header();
            return;
        }
        const mime::Header header = mime::parse_header(walk_.header());
        std::size_t at = 0;
        for (const mime::Field& field : header.fields) {
            if (!ascii::equals_ignore_case(field.name, "Content-Transfer-Encoding")) continue;
            out_ += std::string_view(walk_.header()).substr(at, field.offset - at);
            at = field.offset + field.length;
        }
        out_ += std::string_view(walk_.header()).substr(at);
        if (walk_.number() == 0 && header.find("MIME-Version") == nullptr) out_ += "MIME-Version: 1.0\r\n";
        // RFC 1428 section 3: text of which nobody said what it is.
        if (treatment != Treatment::relabel && !walk_.entity().is_typed)
            out_ += std::string("Content-Type: text/plain; charset=") +
                    (found().is_utf8 ? "utf-8" : "unknown-8bit") + "\r\n";
        out_ += "Content-Transfer-Encoding: ";
        out_ += treatment == Treatment::relabel  ? "7bit"
                : treatment == Treatment::base64 ? "base64"
                                                 : "quoted-printable";
        out_ += "\r\n";
    }

    // The line end before a delimiter belongs to that, so each piece waits for the next one.
    void hold(std::string_view piece, bool last) {
        if (holds_) encode(held_, held_ends_line_);
        held_ = piece;
        held_ends_line_ = last;
        holds_ = true;
    }

    void end_body(bool at_end) {
        if (treatment_ == Treatment::keep) return;
        // The last line of a text ends; the last octets of what is binary need not.
        if (holds_) encode(held_, at_end && held_ends_line_);
        if (treatment_ != Treatment::quoted_printable) {
            std::string rest;
            if (treatment_ == Treatment::base64) base64_.finish(rest);
            wrap(rest);
            if (column_ > 0) out_ += "\r\n";
            column_ = 0;
        } else if (!at_end) {
            if (holds_) end_open_line();
            out_ += "\r\n";
        }
        holds_ = false;
        treatment_ = Treatment::keep;
    }

    // What stands before the line end of a delimiter needs no soft line break, and must not be white space.
    void end_open_line() {
        if (out_.ends_with("=\r\n")) out_.resize(out_.size() - 3);
        if (!out_.ends_with(' ') && !out_.ends_with('\t')) return;
        const bool is_space = out_.back() == ' ';
        out_.pop_back();
        out_ += is_space ? "=20" : "=09";
    }

    void encode(std::string_view text, bool ends_line) {
        if (treatment_ == Treatment::rewrap) {
            std::string digits(text);
            std::erase_if(digits, ascii::is_space);
            return wrap(digits);
        }
        const std::string octets = std::string(text) + (ends_line ? "\r\n" : "");
        if (treatment_ == Treatment::base64) {
            std::string encoded;
            base64_.append(octets, encoded);
            return wrap(encoded);
        }
        out_ += mime::encode_quoted_printable_body(octets);
    }

    void wrap(std::string_view encoded) {
        while (!encoded.empty()) {
            const std::string_view now = encoded.substr(0, kBase64Line - column_);
            out_ += now;
            encoded.remove_prefix(now.size());
            column_ += now.size();
            if (column_ < kBase64Line) continue;
            out_ += "\r\n";
            column_ = 0;
        }
    }

    const std::vector<Found>& found_;
    OutgoingText& to_;
    EntityWalk walk_;
    std::string out_;
    Treatment treatment_ = Treatment::keep;  // of the leaf whose body it is
    std::string held_;
    bool holds_ = false;
    bool held_ends_line_ = false;
    Base64Encoder base64_;
    std::size_t column_ = 0;
};

}  // namespace

Result<void> convert(OutgoingText& from, Unfit what, OutgoingText& to) {
    const auto found = FirstPass(what).run(from);
    if (!found) return tl::unexpected(found.error());
    to.clear();
    return SecondPass(*found, to).run(from);
}

}  // namespace mailpipe::app

#pragma once

#include <string>
#include <string_view>

// The one mapping between stores (LF) and the wire (CRLF), and the checks that go with it. All take text in
// pieces of any size.
namespace mailpipe::wire {

// CRLF becomes LF; bare CR and bare LF stay.
class CrlfToLf {
 public:
    void append(std::string_view text, std::string& out);
    void finish(std::string& out);  // a CR that was held back

 private:
    bool held_cr_ = false;
};

// LF becomes CRLF; CRLF stays; bare CR stays.
class LfToCrlf {
 public:
    void append(std::string_view text, std::string& out);

 private:
    bool after_cr_ = false;
};

// What a text contains that SMTP forbids (RFC 5321 section 2.3.8).
class LineEndChecker {
 public:
    void append(std::string_view text);
    void finish();  // a CR at the very end is bare

    bool bare_cr() const { return bare_cr_; }
    bool bare_lf() const { return bare_lf_; }
    bool nul() const { return nul_; }
    bool eight_bit() const { return eight_bit_; }
    bool clean() const { return !bare_cr_ && !bare_lf_ && !nul_; }

 private:
    void judge(char before, char c);

    bool after_cr_ = false;
    bool bare_cr_ = false;
    bool bare_lf_ = false;
    bool nul_ = false;
    bool eight_bit_ = false;
};

}  // namespace mailpipe::wire

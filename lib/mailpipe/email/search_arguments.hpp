#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mailpipe/base/error.hpp"

namespace mailpipe::email {

// Reads what search keys are made of, one after the other; email/search.hpp says which forms. Errors usage with the
// offset.
class SearchArguments {
 public:
    using Ranges = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

    SearchArguments(std::string_view text, bool server) : text_(text), server_(server) {}

    Fail error(std::string_view expected) const;
    bool at_end() const { return at_ >= text_.size(); }
    char peek() const { return text_[at_]; }  // not at the end
    std::size_t offset() const { return at_; }
    void move_to(std::size_t offset) { at_ = offset; }
    void skip_spaces();

    std::string_view atom();
    Result<void> read_string(std::string& out, std::string_view what);
    Result<void> read_field_name(std::string& out);
    Result<void> read_keyword(std::string& out);
    Result<void> read_date(std::int64_t& out);
    Result<void> read_number(std::uint64_t& out, std::uint64_t least, std::string_view what);
    // `saved`: "$" was in its place.
    Result<void> read_set(Ranges& out, bool& saved, std::string_view what);
    Result<void> read_modseq(std::uint64_t& out);
    Result<void> read_object_id(std::string& out);

 private:
    Result<void> read_quoted(std::string& out);
    Result<void> read_literal(std::string& out);

    std::string_view text_;
    bool server_;
    std::size_t at_ = 0;
};

}  // namespace mailpipe::email

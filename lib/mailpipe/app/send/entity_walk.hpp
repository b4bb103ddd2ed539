#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "mailpipe/base/error.hpp"

namespace mailpipe::app {

// Says of each line of a message, in order, to which entity of its MIME structure it belongs (RFC 2046 section 5). Holds
// the header of one entity, up to limits::kHeaderSize, and no body.
class EntityWalk {
 public:
    enum class Place {
        header,     // also the empty line that ends it
        body,       // of a leaf
        between,    // preamble or epilogue of a multipart
        delimiter,  // of a multipart
    };
    struct Entity {
        std::string type = "text/plain";  // lower case
        std::string encoding;             // Content-Transfer-Encoding, lower case; empty: none
        bool is_typed = false;            // it has a Content-Type
        bool is_composite = false;        // multipart or message/rfc822
        bool is_signed = false;           // of a multipart/signed
    };

    // A line without its line end. With `whole` false it is a piece of a longer one, of which the other pieces follow
    // in append(). Errors: limit for a header or a number of entities that are too large.
    Result<Place> line(std::string_view text, bool whole = true);
    Result<Place> append(std::string_view text);
    void finish();  // behind the last line

    // A header is complete: at its empty line, at a delimiter that comes without one, or at finish().
    bool header_ended() const { return header_ended_; }
    const std::string& header() const { return header_; }  // its lines with CRLF
    const Entity& entity() const { return entity_; }       // from header_ended() on
    std::size_t number() const { return number_; }         // of the entity, from 0 in the order of the message

 private:
    struct Boundary {
        std::string delimiter;
        bool is_digest = false;
        bool is_signed = false;
    };

    bool take_delimiter(std::string_view text);
    Result<void> begin_entity();
    Result<Place> append_to_header(std::string_view text);
    void end_header();

    std::vector<Boundary> boundaries_;
    std::string header_;
    Entity entity_;
    std::size_t number_ = 0;
    Place place_ = Place::header;
    bool header_ended_ = false;
    bool entity_begins_ = false;  // with the next line
    bool is_message_ = false;     // the entity is what a message/rfc822 holds
};

}  // namespace mailpipe::app

#include <algorithm>
#include <string>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/smtp/server_impl.hpp"

namespace mailpipe::smtp {

// bdat-cmd = "BDAT" SP chunk-size [ SP end-marker ] CR LF ; chunk-size = 1*DIGIT ; end-marker = "LAST"
// (RFC 3030 section 2)
void ServerSession::Impl::on_bdat(std::string_view argument) {
    const auto words = ascii::split_words(argument);
    const auto number = words.empty() ? std::nullopt : ascii::parse_number(words[0]);
    const std::uint64_t octets = number.value_or(0);
    const bool last = words.size() == 2 && ascii::equals_ignore_case(words[1], "LAST");
    // Without the size nobody knows where the next command begins: what would follow could be a message that is read
    // as commands.
    if (!options.extensions.chunking || !number || words.size() > 2 || (words.size() == 2 && !last)) {
        const bool known = options.extensions.chunking;
        return end_with(known ? Reply{501, "5.5.4", {"BDAT takes a size, and LAST behind the last"}}
                              : Reply{502, "5.5.1", {"BDAT is not available"}},
                        Error{Errc::protocol, "peer sent a BDAT that cannot be followed"});
    }
    state = State::chunk;
    chunk = {octets, last, std::nullopt};
    if (!has_sender) return refuse_chunk({503, "5.5.1", {"MAIL is expected first"}});
    if (recipients == 0) return refuse_chunk({lmtp() ? 503 : 554, "5.5.1", {"No valid recipients"}});
    const std::uint64_t before =
        in_chunks ? size : 0;  // `size` is that of the last message until this one begins
    if (options.max_size != 0 && (octets > options.max_size || before > options.max_size - octets)) {
        return refuse_chunk(
            {552, "5.3.4", {"Message is larger than " + std::to_string(options.max_size) + " octets"}});
    }
    if (!in_chunks) begin_body();
    in_chunks = true;
}

void ServerSession::Impl::refuse_chunk(const Reply& reply) {
    chunk.refused = reply;
    // The caller need not keep what has come so far until the rest of the chunk has.
    if (in_chunks) abort_transaction();
}

std::optional<ServerStep> ServerSession::Impl::take_chunk() {
    while (chunk.left != 0) {
        const std::string_view piece =
            input.view().substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(chunk.left, SIZE_MAX)));
        if (piece.empty()) return std::nullopt;
        input.consume(piece.size());
        chunk.left -= piece.size();
        if (chunk.refused) continue;
        size += piece.size();
        ends_in_crlf = piece.ends_with("\r\n") || (piece == "\n" && last_octet == '\r');
        last_octet = piece.back();
        if (body != Body::binary) line_ends.append(piece);
        judge_message();
        if (!refused_message) return BodyData{piece};
    }
    return end_chunk();
}

std::optional<ServerStep> ServerSession::Impl::end_chunk() {
    if (chunk.refused) {
        state = State::command;
        refuse_command(*chunk.refused);
        return std::nullopt;
    }
    if (!chunk.last) {
        state = State::command;
        respond(250, "2.0.0", std::to_string(size) + " octets so far");
        return std::nullopt;
    }
    if (body != Body::binary) {
        if (!ends_in_crlf && last_octet != '\r') {
            ends_in_crlf = true;
            return BodyData{"\r\n"};
        }
        line_ends.finish();
        judge_message();
    }
    if (options.trace != nullptr) options.trace->client_line('[' + std::to_string(size) + " octets]");
    state = State::body_answer;
    return BodyEnd{refused_message};
}

}  // namespace mailpipe::smtp

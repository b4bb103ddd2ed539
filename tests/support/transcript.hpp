#pragma once

#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

// Dialogues in tests/transcripts/PROTOCOL/NAME.txt: "C: text" and "S: text" are lines of client and server, to
// which CRLF is added; with "C|" and "S|" nothing is added. \r \n \t \0 \\ and \xHH are escapes. "C*" and "S*"
// stand alone: TLS starts here. "#" and empty lines are comments.
namespace mailpipe::test {

struct TranscriptLine {
    bool from_client = false;
    bool tls_starts = false;
    std::string octets;
};

inline std::string unescape_transcript(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            out += text[i];
            continue;
        }
        switch (const char c = text[++i]; c) {
            case 'r':
                out += '\r';
                break;
            case 'n':
                out += '\n';
                break;
            case 't':
                out += '\t';
                break;
            case '0':
                out += '\0';
                break;
            case 'x':
                out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
                i += 2;
                break;
            default:
                out += c;
                break;
        }
    }
    return out;
}

inline std::vector<TranscriptLine> read_transcript(const std::string& path) {
    std::ifstream file(path);
    if (!file) throw std::runtime_error("cannot read " + path);
    std::vector<TranscriptLine> lines;
    std::string line;
    while (std::getline(file, line)) {
        if (line.empty() || line[0] == '#') continue;
        if (line.size() < 2 || (line[0] != 'C' && line[0] != 'S'))
            throw std::runtime_error(path + ": bad line: " + line);
        TranscriptLine parsed{line[0] == 'C', line[1] == '*', {}};
        const std::size_t start = line.size() > 2 && line[2] == ' ' ? 3 : 2;
        if (!parsed.tls_starts) parsed.octets = unescape_transcript(std::string_view(line).substr(start));
        if (line[1] == ':') parsed.octets += "\r\n";
        lines.push_back(std::move(parsed));
    }
    return lines;
}

}  // namespace mailpipe::test

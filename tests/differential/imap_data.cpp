#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>

#include "mailpipe/imap/server/message_data.hpp"

// For each name of a file with CRLF text on stdin what FETCH would say of it, behind its length on a line of its own.
int main() {
    using namespace mailpipe;
    std::string path;
    while (std::getline(std::cin, path)) {
        std::ifstream file(path, std::ios::binary);
        std::stringstream text;
        text << file.rdbuf();
        const std::string message = text.str();
        const mime::PartTree tree = mime::parse_parts(message);
        const std::string answer = "(ENVELOPE " + imap::server::encode_envelope(tree.header(tree.parts[0])) +
                                   " BODY " + imap::server::encode_body_structure(tree, false) +
                                   " BODYSTRUCTURE " + imap::server::encode_body_structure(tree, true) + ")";
        std::cout << answer.size() << '\n' << answer << std::flush;
    }
    return 0;
}

#include "mailpipe/app/list/list.hpp"
#include "tools/common/command.hpp"
#include "tools/mail-list/flag_arguments.hpp"
#include "tools/mail-list/options.hpp"

int main(int argc, char** argv) {
    mailpipe::app::ListOptions options;
    const auto app = mailpipe::tools::make_list_app(options);
    std::vector<std::string> arguments = mailpipe::tools::join_flag_arguments(argc, argv);
    std::vector<char*> words;
    for (std::string& argument : arguments)
        words.push_back(argument.data());
    return mailpipe::tools::run_command(*app, static_cast<int>(words.size()), words.data(),
                                        [&options] { return mailpipe::app::run_list(options); });
}

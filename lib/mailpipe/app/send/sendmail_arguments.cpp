#include "mailpipe/app/send/sendmail_arguments.hpp"

#include <algorithm>

#include "mailpipe/app/send/submission.hpp"
#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app {
namespace {

using Mode = SendmailArguments::Mode;

// Options of sendmail with a value, behind the letter or in the next argument.
constexpr std::string_view kWithValue = "ABCFfhLNOprRVX";
// With a value behind the letter or none.
constexpr std::string_view kWithOptionalValue = "boqdeM";
constexpr std::string_view kFlags = "GgIimntUvxsc";

Result<Mode> mode_of(std::string_view value) {
    if (value == "m") return Mode::deliver;
    if (value == "s") return Mode::smtp;
    if (value == "p") return Mode::list_queue;
    if (value == "i") return Mode::nothing;
    return fail(Errc::usage,
                "-b" + std::string(value) +
                    " is no mode of mail-send; it knows -bm, -bs, -bp and -bi (mail-serve is the server)");
}

Result<smtp::Return> parse_return(std::string_view value) {
    if (ascii::equals_ignore_case(value, "full")) return smtp::Return::full;
    if (ascii::equals_ignore_case(value, "hdrs")) return smtp::Return::headers;
    return fail(Errc::usage, "-R: full or hdrs");
}

// "1h30m", "15m", "90s"; a number alone is minutes.
Result<std::chrono::seconds> parse_interval(std::string_view value) {
    std::chrono::seconds total{0};
    while (!value.empty()) {
        const auto digits = std::find_if_not(value.begin(), value.end(), ascii::is_digit);
        const auto number =
            ascii::parse_number(value.substr(0, static_cast<std::size_t>(digits - value.begin())));
        if (!number || *number > 1'000'000) return fail(Errc::usage, "-q: a time is such as 15m or 1h30m");
        value.remove_prefix(static_cast<std::size_t>(digits - value.begin()));
        const char unit = value.empty() ? 'm' : value.front();
        if (!value.empty()) value.remove_prefix(1);
        const std::int64_t seconds = unit == 's'   ? 1
                                     : unit == 'm' ? 60
                                     : unit == 'h' ? 3600
                                     : unit == 'd' ? 86'400
                                     : unit == 'w' ? 604'800
                                                   : 0;
        if (seconds == 0) return fail(Errc::usage, "-q: the units of a time are s, m, h, d and w");
        total += std::chrono::seconds(static_cast<std::int64_t>(*number) * seconds);
    }
    return total;
}

class Parser {
 public:
    explicit Parser(std::string_view program) {
        if (program == "mailq") parsed_.mode = Mode::list_queue;
        if (program == "newaliases") parsed_.mode = Mode::nothing;
    }

    Result<SendmailArguments> parse(const std::vector<std::string>& arguments) {
        bool is_closed = false;
        std::size_t at = 0;
        for (; at < arguments.size() && !is_closed; ++at) {
            const std::string& argument = arguments[at];
            if (argument.size() < 2 || argument.front() != '-') break;
            is_closed = argument == "--";
            if (is_closed) continue;
            if (auto read = read_letters(argument, arguments, at); !read) return tl::unexpected(read.error());
        }
        for (; at < arguments.size(); ++at) {
            const std::string& argument = arguments[at];
            if (!is_closed && argument.starts_with('-')) {
                return fail(Errc::usage, "\"" + argument +
                                             "\" is an option behind the recipients; write -- before " +
                                             "an address that begins with a hyphen");
            }
            parsed_.recipients.push_back(argument);
        }
        return std::move(parsed_);
    }

 private:
    // `at` goes on where the value is the next argument.
    Result<void> read_letters(const std::string& argument, const std::vector<std::string>& arguments,
                              std::size_t& at) {
        for (std::size_t i = 1; i < argument.size(); ++i) {
            const char letter = argument[i];
            const std::string rest = argument.substr(i + 1);
            if (kFlags.find(letter) != std::string_view::npos) {
                apply_flag(letter);
                continue;
            }
            if (kWithOptionalValue.find(letter) != std::string_view::npos) return apply(letter, rest);
            if (kWithValue.find(letter) == std::string_view::npos) {
                return fail(Errc::usage, std::string("unknown option -") + letter);
            }
            if (!rest.empty()) return apply(letter, rest);
            if (at + 1 >= arguments.size())
                return fail(Errc::usage, std::string("the value of -") + letter + " is missing");
            return apply(letter, arguments[++at]);
        }
        return {};
    }

    void apply_flag(char letter) {
        if (letter == 'i') parsed_.dot_ends = false;
        if (letter == 't') parsed_.recipients_from_header = true;
        if (letter == 'v') parsed_.verbose = true;
        if (letter == 'I') parsed_.mode = Mode::nothing;
    }

    template <class T, class Place>
    static Result<void> put(Result<T> value, Place& place) {
        if (!value) return tl::unexpected(value.error());
        place = std::move(*value);
        return {};
    }

    Result<void> apply(char letter, const std::string& value) {
        switch (letter) {
            case 'b':
                return put(mode_of(value), parsed_.mode);
            case 'f':
            case 'r':
                // An address that its user was asked for.
                if (value.starts_with('-'))
                    return fail(Errc::usage, std::string("-") + letter + ": an address begins with no hyphen");
                parsed_.from = value;
                return {};
            case 'F':
                parsed_.full_name = value;
                return {};
            case 'N':
                return put(parse_notify(ascii::to_lower(value)), parsed_.notify);
            case 'R':
                return put(parse_return(value), parsed_.ret);
            case 'V':
                parsed_.envelope_id = value;
                return {};
            case 'o':
                if (value == "i") parsed_.dot_ends = false;
                if (value == "v") parsed_.verbose = true;
                return {};
            case 'q':
                parsed_.mode = Mode::run_queue;
                // -qI, -qR and -qS choose a part of the queue by its id or address: the whole of it will do.
                if (!value.empty() && ascii::is_digit(value.front()))
                    return put(parse_interval(value), parsed_.interval);
                return {};
            default:
                return {};
        }
    }

    SendmailArguments parsed_;
};

}  // namespace

Result<SendmailArguments> parse_sendmail_arguments(std::string_view program,
                                                   const std::vector<std::string>& arguments) {
    return Parser(program).parse(arguments);
}

}  // namespace mailpipe::app

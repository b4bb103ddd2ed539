#include "mailpipe/app/send/from_json_input.hpp"

#include <sys/random.h>

#include <array>
#include <ctime>

#include "mailpipe/app/input_source.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/encoding.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/email/message_from_json.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kPiece = 65'536;

mime::DateTime local_now() {
    const std::time_t now = std::time(nullptr);
    struct tm local {};
    ::localtime_r(&now, &local);
    const long zone = local.tm_gmtoff / 60;
    mime::DateTime date = mime::utc_date(static_cast<std::int64_t>(now) + zone * 60);
    date.zone_minutes = static_cast<int>(zone);
    return date;
}

Result<std::string> random_hex() {
    std::array<char, 16> octets{};
    if (::getrandom(octets.data(), octets.size(), 0) != static_cast<ssize_t>(octets.size()))
        return fail_errno(errno, "no random octets for a Message-ID");
    return encode_hex({octets.data(), octets.size()});
}

// The right side of a Message-ID should be a domain of who writes it (RFC 5322 section 3.6.4).
std::string domain_of_author(const email::Json& object) {
    const auto from = object.find("from");
    if (from != object.end() && from->is_array() && !from->empty() && (*from)[0].is_object()) {
        const auto address = (*from)[0].find("email");
        if (address != (*from)[0].end() && address->is_string()) {
            const std::string text = address->get<std::string>();
            const std::string domain = text.substr(std::min(text.rfind('@'), text.size() - 1) + 1);
            const bool usable = !domain.empty() && std::all_of(domain.begin(), domain.end(), [](char c) {
                return ascii::is_alnum(c) || c == '-' || c == '.';
            });
            if (usable) return domain;
        }
    }
    return "localhost";
}

class FromJsonInput : public MessageInput {
 public:
    explicit FromJsonInput(int fd) : source_(fd) {}

    Result<bool> next() override {
        message_.clear();
        at_ = 0;
        while (true) {
            ++line_number_;
            const auto found = read_line();
            if (!found) return located(found.error());
            if (!*found) return false;
            if (ascii::trim(line_).empty()) continue;
            auto message = build();
            if (!message) return located(message.error());
            message_ = std::move(*message);
            return true;
        }
    }
    Result<std::string_view> read() override {
        const std::string_view piece = std::string_view(message_).substr(at_, kPiece);
        at_ += piece.size();
        return piece;
    }
    const email::Context& context() const override { return context_; }
    bool is_ref() const override { return false; }

 private:
    Fail located(Error error) const {
        if (error.kind == Errc::data)
            error.message = "line " + std::to_string(line_number_) + ": " + error.message;
        return Fail(std::move(error));
    }

    // false at the end. A line that is too long is passed over whole.
    Result<bool> read_line() {
        line_.clear();
        bool too_long = false;
        while (true) {
            const auto more = source_.ensure(1);
            if (!more) return more;
            if (!*more) break;
            const std::string_view view = source_.view();
            const std::size_t end = std::min(view.find('\n'), view.size());
            too_long = too_long || line_.size() + end > limits::kEmailObject;
            if (!too_long) line_ += view.substr(0, end);
            const bool complete = end < view.size();
            source_.consume(complete ? end + 1 : end);
            if (complete) return too_long ? refuse_length() : Result<bool>(true);
        }
        if (too_long) return refuse_length();
        return !line_.empty();
    }

    static Result<bool> refuse_length() {
        return fail(Errc::data, "the record exceeds kEmailObject (" + std::to_string(limits::kEmailObject) +
                                    " octets); send what is that large with its raw");
    }

    Result<std::string> build() {
        const auto object = email::parse_email_object(line_);
        if (!object) return tl::unexpected(object.error());
        if (const auto raw = object->find("raw"); raw != object->end()) {
            const auto octets = raw->is_string() ? decode_base64(raw->get<std::string>()) : std::nullopt;
            if (!octets) return fail(Errc::data, "raw: not base64");
            return *octets;
        }
        auto token = random_hex();
        if (!token) return token;
        return email::message_from_json(*object,
                                        {local_now(), *token + "@" + domain_of_author(*object), *token});
    }

    InputSource source_;
    email::Context context_;
    std::string line_;
    std::size_t line_number_ = 0;
    std::string message_;
    std::size_t at_ = 0;
};

}  // namespace

std::unique_ptr<MessageInput> make_from_json_input(int fd) {
    return std::make_unique<FromJsonInput>(fd);
}

}  // namespace mailpipe::app

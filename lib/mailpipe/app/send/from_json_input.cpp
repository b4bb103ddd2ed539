#include "mailpipe/app/send/from_json_input.hpp"

#include "mailpipe/app/input_source.hpp"
#include "mailpipe/app/send/message_defaults.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/encoding.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/email/message_from_json.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kPiece = 65'536;

std::string author(const email::Json& object) {
    const auto from = object.find("from");
    if (from == object.end() || !from->is_array() || from->empty() || !(*from)[0].is_object()) return "";
    const auto address = (*from)[0].find("email");
    return address != (*from)[0].end() && address->is_string() ? address->get<std::string>() : "";
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
        auto token = random_token();
        if (!token) return token;
        return email::message_from_json(*object,
                                        {local_now(), *token + "@" + domain_for_id(author(*object)), *token});
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

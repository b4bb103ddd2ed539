#include "mailpipe/app/send/from_json_input.hpp"

#include "mailpipe/app/json_lines.hpp"
#include "mailpipe/app/send/message_defaults.hpp"
#include "mailpipe/base/encoding.hpp"
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
    explicit FromJsonInput(int fd) : lines_(fd) {}

    Result<bool> next() override {
        message_.clear();
        at_ = 0;
        const auto line = lines_.next();
        if (!line) return located(line.error());
        if (*line == nullptr) return false;
        auto message = build(**line);
        if (!message) return located(message.error());
        message_ = std::move(*message);
        return true;
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
            error.message = "line " + std::to_string(lines_.number()) + ": " + error.message;
        return Fail(std::move(error));
    }

    static Result<std::string> build(const std::string& line) {
        const auto object = email::parse_email_object(line);
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

    JsonLines lines_;
    email::Context context_;
    std::string message_;
    std::size_t at_ = 0;
};

}  // namespace

std::unique_ptr<MessageInput> make_from_json_input(int fd) {
    return std::make_unique<FromJsonInput>(fd);
}

}  // namespace mailpipe::app

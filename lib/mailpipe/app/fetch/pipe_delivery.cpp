#include <array>
#include <utility>

#include "mailpipe/app/fetch/make_delivery.hpp"
#include "mailpipe/app/fetch/prompt_delivery.hpp"
#include "mailpipe/app/fetch/return_path.hpp"
#include "mailpipe/app/fetch/source_ref.hpp"
#include "mailpipe/app/header_hold.hpp"
#include "mailpipe/app/piped_command.hpp"
#include "mailpipe/mime/header.hpp"
#include "mailpipe/wire/line_ends.hpp"

namespace mailpipe::app {
namespace {

class PipeDelivery : public PromptDelivery {
 public:
    PipeDelivery(const Location& destination, const DeliveryContext& context)
        : PromptDelivery(context.state), destination_(destination), context_(context) {}

    Result<void> finish(const Message& message) override {
        std::string rest;
        line_ends_.finish(rest);
        if (auto kept = text_.append(rest); !kept) return kept;
        const auto timeout = context_.settings.client.timeout;
        auto end = run_piped(destination_.path, variables(message), text_, timeout);
        if (!end) return tl::unexpected(end.error());
        if (end->status == 0) return accept(message, encode(destination_));
        if (cannot_run(*end))
            return fail(Errc::config,
                        "the shell cannot run the command (status " + std::to_string(end->status) + ")");
        return refuse(message, command_error(*end, timeout, "--timeout"));
    }

 private:
    void clear() override {
        text_.clear();
        header_.clear();
        line_ends_ = {};
    }
    Result<void> keep(std::string_view crlf_text) override {
        header_.append(crlf_text);
        lf_text_.clear();
        line_ends_.append(crlf_text, lf_text_);
        return text_.append(lf_text_);
    }

    std::vector<std::string> variables(const Message& message) const {
        return {"MAILPIPE_REF=" + ref_at_source(context_.source, context_.state, message.key),
                "MAILPIPE_SOURCE=" + encode(context_.source),
                "SENDER=" + return_path(mime::parse_header(header_.text())).encode()};
    }

    Location destination_;
    DeliveryContext context_;
    MessageSpool text_;
    HeaderHold header_;
    wire::CrlfToLf line_ends_;
    std::string lf_text_;
};

}  // namespace

std::unique_ptr<Delivery> make_pipe_delivery(const Location& destination, const DeliveryContext& context) {
    return std::make_unique<PipeDelivery>(destination, context);
}

}  // namespace mailpipe::app

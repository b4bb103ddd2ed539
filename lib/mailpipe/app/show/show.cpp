#include "mailpipe/app/show/show.hpp"

#include <unistd.h>

#include <algorithm>
#include <optional>

#include "mailpipe/app/message_output.hpp"
#include "mailpipe/app/message_source.hpp"
#include "mailpipe/app/progress.hpp"
#include "mailpipe/app/show/extract.hpp"
#include "mailpipe/app/show/held_message.hpp"
#include "mailpipe/app/show/text_output.hpp"
#include "mailpipe/app/show/views.hpp"
#include "mailpipe/app/stop.hpp"
#include "mailpipe/app/terminal.hpp"
#include "mailpipe/base/limits.hpp"
#include "mailpipe/base/terminal_text.hpp"

namespace mailpipe::app {
namespace {

constexpr std::size_t kRule = 72;  // columns of the line between messages

class Shower {
 public:
    Shower(const ShowOptions& options, Diagnostics& diagnostics)
        : options_(options), diagnostics_(diagnostics), progress_(options.common, true), text_(options) {
        diagnostics_.set_progress(&progress_);
        progress_.begin("mail-show");
    }
    ~Shower() { diagnostics_.set_progress(nullptr); }
    Shower(const Shower&) = delete;
    Shower& operator=(const Shower&) = delete;

    // Waits for the pager. What is wrong with it is the error; that its user has left is none.
    Result<void> finish(Result<void> shown) {
        auto finished = text_.finish();
        if (!shown && !text_.pager_left()) return shown;
        return finished;
    }

    // The error is that of the output.
    Result<void> show(std::string_view where, const email::Context& context, store::MessageReader& reader) {
        const std::string name = context.ref.empty() ? std::string(where) : context.ref;
        if (options_.what == ShowWhat::raw) return show_raw(name, context, reader);
        const auto held = read_message(reader);
        if (!held) {
            diagnostics_.error(name, held.error());
            return {};
        }
        const std::string& message = held->text();
        switch (options_.what) {
            case ShowWhat::json:
                return write_json(*held, context);
            case ShowWhat::part:
                return show_part(name, message);
            case ShowWhat::headers:
                return write_text(header_view(message, text_.look()));
            case ShowWhat::structure:
                return write_text(structure_view(message));
            case ShowWhat::extract:
                return extract(name, message);
            case ShowWhat::text:
            case ShowWhat::raw:
                break;
        }
        return write_text(text_view(message, text_.look(), options_.fields));
    }

 private:
    // The whole message, which the parser needs; for --headers no more than the header.
    Result<HeldMessage> read_message(store::MessageReader& reader) {
        HeldMessage message;
        while (true) {
            const auto text = reader.read();
            if (!text) return tl::unexpected(text.error());
            if (text->empty()) {
                progress_.end_message();
                return message;
            }
            progress_.add_octets(text->size());
            if (auto appended = message.append(*text); !appended) return tl::unexpected(appended.error());
            if (options_.what == ShowWhat::headers && message.size() > limits::kHeaderSize) return message;
        }
    }

    Result<void> write_json(const HeldMessage& message, email::Context context) {
        if (!context.size) context.size = message.size();
        email::JsonWriter json([](std::string_view piece) { return write(piece); });
        email::EmailOptions options;
        options.with_raw = options_.attachments;
        email::write_email(json, message.text(), context, options);
        json.end_line();
        return json.finish();
    }

    Result<void> show_part(std::string_view where, std::string_view message) {
        const mime::PartTree tree = mime::parse_parts(message);
        const auto index = select_part(tree, options_.part);
        if (!index) {
            diagnostics_.error(where, index.error());
            return {};
        }
        return write(part_octets(tree, *index));
    }

    // Streams, whatever its size. What fails on the way out ends the run: half of a message stands there.
    Result<void> show_raw(std::string_view where, const email::Context& context, store::MessageReader& reader) {
        if (!output_) output_ = MessageOutput::make(options_.format, STDOUT_FILENO);
        if (auto begun = output_->begin(context); !begun) return begun;
        while (true) {
            const auto text = reader.read();
            if (!text) {
                return fail(text.error().kind, std::string(where) + ": " + text.error().message);
            }
            if (text->empty()) break;
            progress_.add_octets(text->size());
            if (auto written = output_->append(*text); !written) return written;
        }
        progress_.end_message();
        return output_->finish();
    }

    Result<void> extract(std::string_view where, std::string_view message) {
        if (!directory_) {
            auto opened = ExtractDirectory::open(options_.extract_to);
            if (!opened) return tl::unexpected(opened.error());
            directory_.emplace(std::move(*opened));
        }
        Result<void> said;
        const auto extracted = directory_->extract(message, [&](const std::string& path) {
            said = write((is_terminal(STDOUT_FILENO) ? terminal_text(path) : path) + "\n");
            return said;
        });
        if (!extracted && said) diagnostics_.error(where, extracted.error());
        return said;
    }

    // Messages that follow each other are kept apart by a line.
    Result<void> write_text(std::string text) {
        if (shown_++ > 0) {
            const std::size_t columns = text_.look().width;
            text.insert(0, std::string(columns == 0 ? kRule : std::min(kRule, columns), '-') + "\n");
        }
        return text_.write(text);
    }

    static Result<void> write(std::string_view octets) { return write_all(STDOUT_FILENO, octets, "stdout"); }

    const ShowOptions& options_;
    Diagnostics& diagnostics_;
    Progress progress_;
    TextOutput text_;
    std::size_t shown_ = 0;
    std::unique_ptr<MessageOutput> output_;
    std::optional<ExtractDirectory> directory_;
};

Result<void> show_all(const ShowOptions& options, Diagnostics& diagnostics) {
    StderrTrace trace;
    Shower shower(options, diagnostics);
    std::string where = "stdin";
    config::Accounts accounts(options.client, diagnostics);
    MessageSource source({&accounts, options.common.trace ? &trace : nullptr, &diagnostics},
                         [&](const email::Context& context, store::MessageReader& reader) {
                             return shower.show(where, context, reader);
                         });
    if (options.refs_from_stdin || options.locations.empty())
        return shower.finish(source.read_input(STDIN_FILENO, where, options.refs_from_stdin));
    Result<void> shown;
    for (const auto& [text, location] : accounts.locate_all(options.locations)) {
        where = text == "-" ? "stdin" : text;
        if (shown = source.read(location, text); !shown) break;
    }
    return shower.finish(std::move(shown));
}

}  // namespace

int run_show(const ShowOptions& options) {
    install_stop_handlers();
    Diagnostics diagnostics("mail-show", options.common);
    if (const auto shown = show_all(options, diagnostics); !shown) diagnostics.error("", shown.error());
    return diagnostics.exit_status();
}

}  // namespace mailpipe::app

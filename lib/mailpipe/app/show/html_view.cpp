#include "mailpipe/app/show/html_view.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "mailpipe/app/show/html_element.hpp"
#include "mailpipe/app/show/html_table.hpp"
#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/terminal_text.hpp"
#include "mailpipe/email/html_entity.hpp"
#include "mailpipe/email/html_token.hpp"

namespace mailpipe::app {
namespace {

using email::HtmlToken;

// What is nested deeper is shown without its indentation: the output grows with the input only.
constexpr std::size_t kQuotesShown = 12;
constexpr std::size_t kListsShown = 8;
constexpr std::size_t kListsOpen = 100;
constexpr std::size_t kTablesNested = 20;
constexpr std::size_t kLongestIndent = 60;
constexpr std::size_t kLinkTextKept = 2000;
constexpr std::string_view kRule = "----------------------------------------";

struct List {
    bool ordered = false;
    std::size_t next = 1;
    std::string marker;  // of an item of which nothing is shown yet
    std::string hang;    // under the text of its items
};

// Where blocks go: the document, or a cell of a table.
struct Frame {
    TextBlocks blocks;
    std::string text;  // of the block that is being read
    bool blank_due = false;
    std::size_t quotes = 0;
    std::vector<List> lists;
};

// Of one that is open; its cell, if one is, is the frame above.
struct OpenTable {
    HtmlTable table;
    bool in_cell = false;
};

class HtmlView {
 public:
    HtmlView(std::size_t width, bool hides) : width_(width), hides_(hides) { frames_.emplace_back(); }

    // False when an element that is hidden never ended.
    bool read(std::string_view html) {
        email::HtmlTokenizer tokens(html);
        for (HtmlToken token; tokens.next(token);) {
            if (is_hidden(token)) continue;
            switch (token.kind) {
                case HtmlToken::Kind::text:
                    put_text(token.text);
                    break;
                case HtmlToken::Kind::start_tag:
                    start(token);
                    break;
                case HtmlToken::Kind::end_tag:
                    end(token.name);
                    break;
            }
        }
        return hidden_.empty();
    }

    TextBlocks take() {
        end_link();
        while (!tables_.empty())
            end_table();
        end_block();
        TextBlocks blocks = std::move(frame().blocks);
        add_links(blocks);
        return blocks;
    }

 private:
    Frame& frame() { return frames_.back(); }

    // Follows elements of the name of the hidden one until that ends.
    bool is_hidden(const HtmlToken& token) {
        const bool tag = token.kind != HtmlToken::Kind::text;
        if (!hidden_.empty()) {
            if (!tag || token.name != hidden_) return true;
            hidden_depth_ += token.kind == HtmlToken::Kind::start_tag ? 1 : 0;
            hidden_depth_ -= token.kind == HtmlToken::Kind::end_tag ? 1 : 0;
            if (hidden_depth_ == 0) hidden_.clear();
            return true;
        }
        if (!hides_ || token.kind != HtmlToken::Kind::start_tag || !is_hidden_element(token)) return false;
        hidden_ = token.name;
        hidden_depth_ = 1;
        return true;
    }

    void put_text(std::string_view raw) {
        const std::string text = email::decode_html_references(raw, false);
        if (link_open_ && link_text_.size() < kLinkTextKept) link_text_ += text;
        if (preformatted_ > 0) return put_preformatted(text);
        std::string_view rest = text;
        while (!rest.empty()) {
            const std::string_view c = rest.substr(0, std::max<std::size_t>(1, utf8_sequence_length(rest)));
            rest.remove_prefix(c.size());
            const bool at_space = frame().text.empty() || frame().text.back() == ' ';
            const bool at_gap = at_space || frame().text.ends_with("\u00a0");
            if (ascii::is_space(c[0]) || c[0] == '\f') {
                if (!at_space) frame().text += ' ';
            } else if (!is_invisible(c, at_gap)) {
                frame().text += c;
            }
        }
    }

    void put_preformatted(std::string_view text) {
        while (true) {
            const std::size_t end = text.find('\n');
            const std::string_view line = text.substr(0, end);
            frame().text += line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
            if (end == std::string_view::npos) return;
            push_block();
            text.remove_prefix(end + 1);
        }
    }

    // Ends a line of text where there is one. One that holds no-break spaces alone is an empty line.
    void end_block(Tone tone = Tone::plain) {
        std::string& text = frame().text;
        text.erase(text.find_last_not_of(' ') + 1);
        if (text.empty()) return;
        if (is_only_space(text)) {
            text.clear();
            frame().blank_due = true;
        } else {
            push_block(tone);
        }
    }

    void push_block(Tone tone = Tone::plain) {
        Frame& to = frame();
        if (to.blank_due && to.text.empty()) return;
        if (to.blank_due && !to.blocks.empty() && !is_blank(to.blocks.back())) to.blocks.push_back(blank());
        to.blank_due = false;
        TextBlock block = prefixed(std::exchange(to.text, {}));
        mark_item(block);
        block.wraps = preformatted_ == 0;
        block.tone = tone;
        to.blocks.push_back(std::move(block));
    }

    // Between the last block and the next one: quoted as far as both are.
    TextBlock blank() {
        TextBlock block;
        block.quote_depth = std::min(frame().blocks.back().quote_depth, frame().quotes);
        block.indent.assign(std::min(block.quote_depth, kQuotesShown), '>');
        return block;
    }

    TextBlock prefixed(std::string text) {
        TextBlock block;
        block.quote_depth = frame().quotes;
        const std::size_t quotes = std::min(frame().quotes, kQuotesShown);
        if (quotes > 0) block.indent = std::string(quotes, '>') + ' ';
        for (std::size_t i = 0; i < std::min(frame().lists.size(), kListsShown); ++i)
            block.indent += frame().lists[i].hang;
        block.hang = block.indent;
        block.text = std::move(text);
        return block;
    }

    // The first block of a list item has the marker where the others have spaces.
    void mark_item(TextBlock& block) {
        if (frame().lists.empty() || frame().lists.size() > kListsShown) return;
        std::string& marker = frame().lists.back().marker;
        if (marker.empty()) return;
        block.indent.resize(block.indent.size() - std::min(block.indent.size(), marker.size()));
        block.indent += std::exchange(marker, {});
    }

    void end_paragraph(Tone tone = Tone::plain) {
        end_block(tone);
        frame().blank_due = true;
    }

    void start(const HtmlToken& token) {
        switch (html_element(token.name)) {
            case HtmlElement::line_break:
                // The second of two is an empty line.
                if (frame().text.empty()) frame().blank_due = true;
                preformatted_ > 0 ? push_block() : end_block();
                break;
            case HtmlElement::block:
                end_block();
                break;
            case HtmlElement::paragraph:
            case HtmlElement::heading:
                end_paragraph();
                break;
            case HtmlElement::quote:
                end_paragraph();
                ++frame().quotes;
                break;
            case HtmlElement::preformatted:
                end_paragraph();
                ++preformatted_;
                break;
            case HtmlElement::rule:
                end_block();
                frame().text = kRule;
                end_block();
                break;
            case HtmlElement::picture:
                put_picture(token);
                break;
            case HtmlElement::link:
                start_link(email::html_attribute(token.attributes, "href").value_or(""));
                break;
            case HtmlElement::list:
                start_list(token);
                break;
            case HtmlElement::item:
                start_item();
                break;
            case HtmlElement::description:
                end_block();
                frame().text += "    ";
                break;
            case HtmlElement::table:
            case HtmlElement::row:
            case HtmlElement::cell:
                start_of_table(html_element(token.name));
                break;
            case HtmlElement::inlined:
                break;
        }
    }

    void end(std::string_view name) {
        const HtmlElement element = html_element(name);
        switch (element) {
            case HtmlElement::block:
            case HtmlElement::item:
            case HtmlElement::description:
                end_block();
                break;
            case HtmlElement::paragraph:
                end_paragraph();
                break;
            case HtmlElement::heading:
                end_paragraph(Tone::heading);
                break;
            case HtmlElement::quote:
                end_paragraph();
                if (frame().quotes > 0) --frame().quotes;
                break;
            case HtmlElement::preformatted:
                end_paragraph();
                if (preformatted_ > 0) --preformatted_;
                break;
            case HtmlElement::link:
                end_link();
                break;
            case HtmlElement::list:
                end_block();
                if (!frame().lists.empty()) frame().lists.pop_back();
                if (frame().lists.empty()) frame().blank_due = true;
                break;
            case HtmlElement::table:
                skipped_tables_ > 0 ? void(--skipped_tables_) : end_table();
                break;
            case HtmlElement::row:
            case HtmlElement::cell:
                if (skipped_tables_ == 0) end_cell();
                break;
            default:
                break;
        }
    }

    void put_picture(const HtmlToken& token) {
        const std::string text(ascii::trim(email::html_attribute(token.attributes, "alt").value_or("")));
        if (text.empty()) return;
        link_text_ += text;
        frame().text += '[' + text + ']';
    }

    void start_list(const HtmlToken& token) {
        end_block();
        if (frame().lists.empty()) frame().blank_due = true;
        List list;
        list.ordered = token.name == "ol";
        if (const auto first = email::html_attribute(token.attributes, "start"))
            list.next = static_cast<std::size_t>(ascii::parse_number(*first).value_or(1) % 1'000'000);
        if (frame().lists.size() < kListsOpen) frame().lists.push_back(std::move(list));
    }

    void start_item() {
        end_block();
        if (frame().lists.empty()) frame().lists.emplace_back();
        List& list = frame().lists.back();
        list.marker = list.ordered ? std::to_string(list.next++) + ". " : "* ";
        list.marker.insert(0, list.marker.size() < 4 ? 4 - list.marker.size() : 0, ' ');
        list.hang.assign(list.marker.size(), ' ');
    }

    void start_link(std::string target) {
        end_link();
        std::erase_if(target, [](char c) { return c == '\t' || c == '\r' || c == '\n'; });
        target = ascii::trim(target);
        link_open_ = is_worth_showing(target);
        link_target_ = std::move(target);
        link_text_.clear();
    }

    void end_link() {
        if (!std::exchange(link_open_, false) || is_same_address(link_text_, link_target_)) return;
        const auto [known, is_new] = link_numbers_.try_emplace(link_target_, links_.size() + 1);
        if (is_new) links_.push_back(link_target_);
        std::string& text = frame().text;
        // Where the element ends behind its block, the number still stands behind its text.
        std::string& to =
            text.empty() && !link_text_.empty() && !frame().blocks.empty() ? frame().blocks.back().text : text;
        to.erase(to.find_last_not_of(' ') + 1);
        to += '[' + std::to_string(known->second) + ']';
    }

    void add_links(TextBlocks& blocks) const {
        for (std::size_t i = 0; i < links_.size(); ++i) {
            TextBlock block;
            if (i == 0 && !blocks.empty()) blocks.push_back(block);
            block.indent = '[' + std::to_string(i + 1) + "] ";
            block.hang = std::string(block.indent.size(), ' ');
            block.text = links_[i];
            blocks.push_back(std::move(block));
        }
    }

    void start_of_table(HtmlElement element) {
        if (element == HtmlElement::table) {
            end_block();
            if (tables_.size() >= kTablesNested) {
                ++skipped_tables_;
            } else {
                tables_.emplace_back();
            }
            return;
        }
        if (tables_.empty() || skipped_tables_ > 0) return end_block();
        end_cell();
        OpenTable& open = tables_.back();
        if (element == HtmlElement::row || open.table.rows.empty()) open.table.rows.emplace_back();
        if (element == HtmlElement::row) return;
        open.in_cell = true;
        frames_.emplace_back();
    }

    void end_cell() {
        end_block();
        if (tables_.empty() || !std::exchange(tables_.back().in_cell, false)) return;
        TextBlocks cell = std::move(frame().blocks);
        frames_.pop_back();
        tables_.back().table.rows.back().push_back(std::move(cell));
    }

    void end_table() {
        end_cell();
        if (tables_.empty()) return;
        TextBlocks blocks = lay_out_table(std::move(tables_.back().table), width_);
        tables_.pop_back();
        for (TextBlock& block : blocks) {
            TextBlock outer = prefixed("");
            if (block.indent.size() + outer.indent.size() > kLongestIndent) continue;
            if (!is_blank(block)) mark_item(outer);
            block.indent.insert(0, outer.indent);
            block.hang.insert(0, outer.hang);
            block.quote_depth += outer.quote_depth;
        }
        std::move(blocks.begin(), blocks.end(), std::back_inserter(frame().blocks));
    }

    std::size_t width_;
    bool hides_;
    std::vector<Frame> frames_;
    std::vector<OpenTable> tables_;
    std::size_t skipped_tables_ = 0;
    std::size_t preformatted_ = 0;
    std::string hidden_;  // the name of the hidden element that is open
    std::size_t hidden_depth_ = 0;
    bool link_open_ = false;
    std::string link_target_;
    std::string link_text_;
    std::vector<std::string> links_;
    std::unordered_map<std::string, std::size_t> link_numbers_;
};

}  // namespace

TextBlocks html_blocks(std::string_view html, std::size_t width) {
    HtmlView view(width, true);
    if (view.read(html)) return view.take();
    // Rather what was meant to be hidden than nothing of what follows it.
    HtmlView all(width, false);
    static_cast<void>(all.read(html));
    return all.take();
}

}  // namespace mailpipe::app

#include "mailpipe/app/show/html_table.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "mailpipe/app/display_width.hpp"

namespace mailpipe::app {
namespace {

constexpr std::string_view kGap = "  ";
constexpr std::size_t kWidestUnbound = 200;  // columns of a table without a terminal
constexpr std::size_t kMostColumns = 50;

bool is_line(const TextBlocks& cell) {
    return cell.size() <= 1 && (cell.empty() || (cell[0].quote_depth == 0 && cell[0].wraps));
}

std::string line_of(const TextBlocks& cell) {
    return cell.empty() ? std::string() : cell[0].indent + cell[0].text;
}

bool is_data(const HtmlTable& table) {
    std::size_t columns = 0;
    for (const auto& row : table.rows) {
        if (!std::all_of(row.begin(), row.end(), is_line)) return false;
        columns = std::max(columns, row.size());
    }
    return table.rows.size() > 1 && columns > 1 && columns <= kMostColumns;
}

std::vector<std::size_t> column_widths(const HtmlTable& table) {
    std::vector<std::size_t> widths;
    for (const auto& row : table.rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], display_width(line_of(row[i])));
    }
    return widths;
}

std::string aligned_row(const std::vector<TextBlocks>& row, const std::vector<std::size_t>& widths) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
        if (widths[i] == 0) continue;
        if (!line.empty()) line += kGap;
        line += fit(line_of(row[i]), widths[i]);
    }
    return line.substr(0, line.find_last_not_of(' ') + 1);
}

TextBlock line_block(std::string text, bool wraps) {
    TextBlock block;
    block.text = std::move(text);
    block.wraps = wraps;
    return block;
}

void add_loose_row(std::vector<TextBlocks>& row, TextBlocks& blocks) {
    if (!std::all_of(row.begin(), row.end(), is_line)) {
        for (TextBlocks& cell : row)
            std::move(cell.begin(), cell.end(), std::back_inserter(blocks));
        return;
    }
    std::string line;
    for (const TextBlocks& cell : row) {
        const std::string text = line_of(cell);
        if (!line.empty() && !text.empty()) line += kGap;
        line += text;
    }
    if (!line.empty()) blocks.push_back(line_block(std::move(line), true));
}

}  // namespace

TextBlocks lay_out_table(HtmlTable table, std::size_t width) {
    TextBlocks blocks;
    if (is_data(table)) {
        const auto widths = column_widths(table);
        std::size_t total = 0;
        for (const std::size_t columns : widths)
            total += columns == 0 ? 0 : columns + kGap.size();
        if (total <= (width == 0 ? kWidestUnbound : width) + kGap.size()) {
            for (const auto& row : table.rows) {
                if (std::string line = aligned_row(row, widths); !line.empty())
                    blocks.push_back(line_block(std::move(line), false));
            }
            return blocks;
        }
    }
    for (auto& row : table.rows)
        add_loose_row(row, blocks);
    return blocks;
}

}  // namespace mailpipe::app

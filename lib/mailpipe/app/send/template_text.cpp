#include "mailpipe/app/send/template_text.hpp"

#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app {
namespace {

std::string escape_html(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

Result<std::string> value_of(const email::Json& record, std::string_view path) {
    const email::Json* place = &record;
    for (const std::string_view key : ascii::split(path, '.')) {
        const auto found = place->is_object() ? place->find(std::string(key)) : place->end();
        if (!place->is_object() || found == place->end())
            return fail(Errc::data, "the record has no \"" + std::string(path) + "\"");
        place = &*found;
    }
    if (place->is_string()) return place->get<std::string>();
    if (place->is_number() || place->is_boolean()) return email::dump(*place);
    return fail(Errc::data, "\"" + std::string(path) + "\" of the record is no string, number or boolean");
}

}  // namespace

Result<std::string> fill_template(std::string_view text, const email::Json& record, Escape escape) {
    std::string out;
    while (true) {
        const std::size_t begin = text.find("{{");
        if (begin == std::string_view::npos) return out.append(text);
        const std::size_t end = text.find("}}", begin);
        if (end == std::string_view::npos) return fail(Errc::data, "the template has {{ without }}");
        out += text.substr(0, begin);
        auto value = value_of(record, ascii::trim(text.substr(begin + 2, end - begin - 2)));
        if (!value) return value;
        out += escape == Escape::html ? escape_html(*value) : *value;
        text.remove_prefix(end + 2);
    }
}

}  // namespace mailpipe::app

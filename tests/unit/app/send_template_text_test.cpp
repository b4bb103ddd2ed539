#include "mailpipe/app/send/template_text.hpp"

#include <gtest/gtest.h>

namespace mailpipe::app {
namespace {

TEST(TemplateText, Fill) {
    const email::Json record =
        email::Json::parse(R"({"name":"Ann <x>","n":3,"ok":true,"a":{"b":"deep"},"list":[1],"nothing":null})");
    const std::pair<std::string, std::string> rows[] = {
        {"Dear {{name}},", "Dear Ann <x>,"},
        {"{{ n }}{{ok}}{{a.b}}", "3truedeep"},
        {"no {braces} here }}", "no {braces} here }}"},
        {"", ""},
        {"{{name}} {{name}}", "Ann <x> Ann <x>"},
    };
    for (const auto& [text, filled] : rows)
        EXPECT_EQ(fill_template(text, record).value(), filled);
    EXPECT_EQ(fill_template("<p>{{name}}</p>", record, Escape::html).value(), "<p>Ann &lt;x&gt;</p>");
    for (const char* text :
         {"{{gone}}", "{{a}}", "{{a.c}}", "{{name.x}}", "{{list}}", "{{nothing}}", "{{", "{{name"})
        EXPECT_EQ(fill_template(text, record).error().kind, Errc::data) << text;
}

// A value is not a template.
TEST(TemplateText, OneStep) {
    const email::Json record = email::Json::parse(R"({"a":"{{b}}","b":"secret"})");
    EXPECT_EQ(fill_template("{{a}}", record).value(), "{{b}}");
}

}  // namespace
}  // namespace mailpipe::app

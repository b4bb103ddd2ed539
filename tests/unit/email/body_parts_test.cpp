#include "mailpipe/email/body_parts.hpp"

#include <gtest/gtest.h>

namespace mailpipe::email {
namespace {

std::string numbers(const mime::PartTree& tree, const std::vector<std::size_t>& indices) {
    std::string out;
    for (const std::size_t index : indices)
        out += (out.empty() ? "" : " ") + mime::part_number(tree, index);
    return out;
}

std::string multipart(const std::string& subtype, const std::string& boundary,
                      const std::vector<std::string>& parts) {
    std::string out = "Content-Type: multipart/" + subtype + "; boundary=" + boundary + "\n\n";
    for (const std::string& part : parts)
        out += "--" + boundary + "\n" + part + "\n";
    return out + "--" + boundary + "--\n";
}

std::string leaf(const std::string& type, const std::string& more = "") {
    return "Content-Type: " + type + "\n" + more + "\nx";
}

struct Row {
    std::string name;
    std::string message;
    std::string text;
    std::string html;
    std::string attachments;
};

TEST(BodyParts, Rfc8621) {
    const std::string attached = "Content-Disposition: attachment\n";
    const Row rows[] = {
        {"plain", leaf("text/plain"), "1", "1", ""},
        {"html", leaf("text/html"), "1", "1", ""},
        {"pdf", leaf("application/pdf"), "", "", "1"},
        {"attached text", leaf("text/plain", attached), "", "", "1"},
        {"alternative", multipart("alternative", "b", {leaf("text/plain"), leaf("text/html")}), "1", "2", ""},
        {"alternative of html only", multipart("alternative", "b", {leaf("text/html")}), "1", "1", ""},
        {"alternative with a calendar",
         multipart("alternative", "b", {leaf("text/plain"), leaf("text/html"), leaf("text/calendar")}), "1",
         "2", "3"},
        {"mixed with attachment", multipart("mixed", "b", {leaf("text/plain"), leaf("application/pdf")}), "1",
         "1", "2"},
        {"named text that is not the first is an attachment",
         multipart("mixed", "b", {leaf("text/plain; name=a"), leaf("text/plain; name=b"), leaf("text/plain")}),
         "1 3", "1 3", "2"},
        {"inline image", multipart("mixed", "b", {leaf("text/plain"), leaf("image/png")}), "1 2", "1 2", ""},
        {"related", multipart("related", "b", {leaf("text/html"), leaf("image/png")}), "1", "1", "2"},
        {"alternative of plain and related",
         multipart("alternative", "a",
                   {leaf("text/plain"), multipart("related", "r", {leaf("text/html"), leaf("image/png")})}),
         "1", "2.1", "2.2"},
        {"message", multipart("mixed", "b", {leaf("text/plain"), leaf("message/rfc822")}), "1", "1", "2"},
        // The example of RFC 8621 section 4.1.4.
        {"RFC 8621",
         multipart(
             "mixed", "m",
             {leaf("text/plain", "Content-Disposition: inline\n"),
              multipart("mixed", "n",
                        {multipart("alternative", "o",
                                   {multipart("mixed", "p",
                                              {leaf("text/plain", "Content-Disposition: inline\n"),
                                               leaf("image/jpeg", "Content-Disposition: inline\n"),
                                               leaf("text/plain", "Content-Disposition: inline\n")}),
                                    multipart("related", "q", {leaf("text/html"), leaf("image/jpeg")})}),
                         leaf("image/jpeg", attached), leaf("application/x-excel"), leaf("message/rfc822")}),
              leaf("text/plain", "Content-Disposition: inline\n")}),
         "1 2.1.1.1 2.1.1.2 2.1.1.3 3", "1 2.1.2.1 3", "2.1.1.2 2.1.2.2 2.2 2.3 2.4"},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(row.name);
        const mime::PartTree tree = mime::parse_parts(row.message);
        const BodyParts selected = select_body_parts(tree);
        EXPECT_EQ(numbers(tree, selected.text), row.text);
        EXPECT_EQ(numbers(tree, selected.html), row.html);
        EXPECT_EQ(numbers(tree, selected.attachments), row.attachments);
    }
}

}  // namespace
}  // namespace mailpipe::email

// What the authors of another parser expect of messages (shared/corpora/mail-parser), value by value.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/email/body_parts.hpp"
#include "mailpipe/mime/address.hpp"
#include "mailpipe/mime/charset.hpp"
#include "mailpipe/mime/date.hpp"
#include "mailpipe/mime/encoded_word.hpp"
#include "mailpipe/mime/message_id.hpp"
#include "mailpipe/mime/parameter.hpp"
#include "mailpipe/mime/part_tree.hpp"

namespace mailpipe::email {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
// Values by where they stand: "120/kind" of the part whose header begins there, "h40[0].email" of the field.
using Leaves = std::map<std::string, Json>;

const fs::path kCorpora = fs::path(MAILPIPE_CORPORA) / "mail-parser";

std::string read_all(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    EXPECT_TRUE(file) << path;
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string text_of(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json or_empty(const Json& value) {
    return value.is_string() ? value : Json("");
}

// A list of addresses: of each what it has, of each group its name.
void add_addresses(const Json& value, const std::string& at, Leaves& out) {
    std::size_t number = 0;
    const auto add = [&](const Json& list) {
        for (const Json& a : list) {
            const std::string key = at + "[" + std::to_string(number++) + "]";
            out[key + ".name"] = or_empty(a["name"]);
            out[key + ".email"] = or_empty(a["address"]);
        }
    };
    if (value.contains("List")) return add(value["List"]);
    std::size_t group = 0;
    for (const Json& g : value["Group"]) {
        if (g["name"].is_string()) out[at + "{" + std::to_string(group++) + "}"] = g["name"];
        add(g["addresses"]);
    }
}

void add_addresses(std::string_view value, const std::string& at, Leaves& out) {
    std::size_t number = 0;
    std::size_t named = 0;
    for (const mime::AddressGroup& group : mime::parse_address_list(value)) {
        if (group.name) out[at + "{" + std::to_string(named++) + "}"] = *group.name;
        for (const mime::Address& a : group.addresses) {
            const std::string key = at + "[" + std::to_string(number++) + "]";
            out[key + ".name"] = a.name;
            out[key + ".email"] = a.email;
        }
    }
}

void add_content_type(const Json& value, const std::string& at, Leaves& out) {
    out[at] = value["c_type"];
    if (value["c_subtype"].is_string())
        out[at] = value["c_type"].get<std::string>() + "/" + value["c_subtype"].get<std::string>();
    if (!value["attributes"].is_array()) return;
    for (const Json& a : value["attributes"]) {
        const std::string name = a.is_array() ? a[0] : a["name"];
        // A language of RFC 2231 is no parameter here.
        if (!name.ends_with("-language")) out.insert({at + ";" + name, a.is_array() ? a[1] : a["value"]});
    }
}

void add_content_type(std::string_view value, bool has_subtype, const std::string& at, Leaves& out) {
    mime::ParameterList list;
    if (has_subtype) {
        mime::ContentType type = mime::parse_content_type(value);
        out[at] = type.full();
        list = std::move(type.parameters);
    } else {
        mime::ContentDisposition disposition = mime::parse_content_disposition(value);
        out[at] = disposition.type;
        list = std::move(disposition.parameters);
    }
    for (const mime::Parameter& p : list.parameters)
        out[at + ";" + p.name] = p.value;
}

Json date(const Json& value) {
    if (!value.is_object()) return nullptr;
    mime::DateTime date{value["year"], value["month"],  value["day"],
                        value["hour"], value["minute"], value["second"]};
    const int minutes = value["tz_hour"].get<int>() * 60 + value["tz_minute"].get<int>();
    date.zone_minutes = value["tz_before_gmt"].get<bool>() ? -minutes : minutes;
    return mime::rfc3339(date);
}

Json date(std::string_view value) {
    const auto parsed = mime::parse_date(value);
    return parsed ? Json(mime::rfc3339(*parsed)) : Json();
}

void add_list(const Json& list, const std::string& at, Leaves& out) {
    for (std::size_t i = 0; i < list.size(); ++i)
        out[at + "[" + std::to_string(i) + "]"] = list[i];
}

std::string without_line_ends(std::string text) {
    std::erase_if(text, [](char c) { return c == '\r' || c == '\n'; });
    return text;
}

std::string trimmed(std::string text) {
    while (!text.empty() && ascii::is_space(text.back()))
        text.pop_back();
    return text;
}

bool has_ids(const std::string& name) {
    return name == "message_id" || name == "references" || name == "in_reply_to" || name == "content_id";
}

// What they make of the value of a field.
void add_value(const std::string& name, const Json& value, const std::string& at, Leaves& out) {
    if (!value.is_object()) return;
    if (value.contains("Address")) return add_addresses(value["Address"], at, out);
    if (value.contains("ContentType")) return add_content_type(value["ContentType"], at, out);
    if (value.contains("DateTime")) {
        out[at] = date(value["DateTime"]);
    } else if (value.contains("Received")) {
        if (value["Received"]["date"].is_object()) out[at] = date(value["Received"]["date"]);
    } else if (has_ids(name) || value.contains("TextList")) {
        add_list(value.contains("TextList") ? value["TextList"] : Json::array({value["Text"]}), at, out);
    } else if (value.contains("Text")) {
        // Not unfolded where they do not know the syntax.
        out[at] = without_line_ends(value["Text"]);
    }
}

// What is made of it here, in the form that theirs has.
void add_value(const std::string& name, const Json& theirs, std::string_view value, const std::string& at,
               Leaves& out) {
    if (!theirs.is_object()) return;
    if (theirs.contains("Address")) return add_addresses(value, at, out);
    if (theirs.contains("ContentType"))
        return add_content_type(value, theirs["ContentType"]["c_subtype"].is_string(), at, out);
    if (theirs.contains("DateTime")) {
        out[at] = date(value);
    } else if (theirs.contains("Received")) {
        if (theirs["Received"]["date"].is_object()) out[at] = date(value.substr(value.rfind(';') + 1));
    } else if (has_ids(name) || theirs.contains("TextList")) {
        add_list(mime::parse_message_ids(value), at, out);
    } else if (theirs.contains("Text")) {
        std::string text = trimmed(mime::decode_text(value).text);
        // Of a field whose syntax they know the brackets are left out.
        const std::string wanted = theirs["Text"];
        if (!wanted.starts_with('<') && text.starts_with('<') && text.ends_with('>'))
            text = text.substr(1, text.size() - 2);
        out[at] = text;
    }
}

std::string offset_text(std::size_t offset) {
    return std::to_string(offset);
}

// Their field names: "content_type", {"other": "X-Mailer"}.
std::string field_name(const Json& name) {
    return name.is_string() ? name.get<std::string>() : name.begin().value().get<std::string>();
}

std::string field_name(std::string_view name, const Json& theirs) {
    std::string out(name);
    if (!theirs.is_string()) return out;
    out = ascii::to_lower(out);
    std::replace(out.begin(), out.end(), '-', '_');
    return out;
}

// One message, as they read it and as it is read here. What is inside of an encoded message has offsets in the
// decoded text: behind "OFFSET>".
class Message {
 public:
    Message(const Json& theirs, const mime::PartTree& tree, std::string prefix = "")
        : theirs_(theirs), tree_(tree), prefix_(std::move(prefix)) {
        add_theirs(theirs_, 0, "");
        for (const mime::Part& part : tree_.parts)
            add_ours(part);
        add_headers();
        if (prefix_.empty()) add_lists();
    }

    Leaves expected;
    Leaves found;

 private:
    std::string at(std::size_t header_begin) const { return prefix_ + offset_text(header_begin); }
    std::string at(const Json& part) const { return at(part["offset_header"].get<std::size_t>()); }

    void add_theirs(const Json& message, std::size_t index, const std::string& parent) {
        const Json& part = message["parts"][index];
        const std::string here = at(part);
        const std::string kind = part["body"].begin().key();
        const Json& body = part["body"].begin().value();
        their_parts_.push_back(&part);
        if (!parent.empty()) expected[here + "/parent"] = parent;
        expected[here + "/kind"] = kind == "InlineBinary" ? "Binary" : kind;
        expected[here + "/offset_body"] = part["offset_body"];
        expected[here + "/offset_end"] = part["offset_end"];
        if (kind == "Multipart") {
            for (const Json& child : body)
                add_theirs(message, child, here);
        } else if (kind != "Message") {
            expected[here + "/body"] = body.is_array() ? octets(body) : body;
        } else if (body["parts"][0]["offset_header"] == 0) {
            add_encoded(body, here);
        } else {
            add_theirs(body, 0, here);
        }
    }

    void add_encoded(const Json& body, const std::string& here) {
        for (const mime::Part& part : tree_.parts) {
            if (at(part.header_begin) != here) continue;
            const std::string text = mime::decode_body(tree_, part);
            const mime::PartTree tree = mime::parse_parts(text);
            Message inner(body, tree, here + ">");
            expected.merge(inner.expected);
            found.merge(inner.found);
        }
    }

    static Json octets(const Json& numbers) {
        std::string out;
        for (const Json& number : numbers)
            out += static_cast<char>(number.get<int>());
        return out;
    }

    static std::string kind_of(const mime::Part& part) {
        if (part.is_message()) return "Message";
        if (part.is_multipart()) return "Multipart";
        if (!part.is_text()) return "Binary";
        return part.type.subtype == "html" ? "Html" : "Text";
    }

    void add_ours(const mime::Part& part) {
        const std::string here = at(part.header_begin);
        if (part.parent != mime::Part::kNone)
            found[here + "/parent"] = at(tree_.parts[part.parent].header_begin);
        found[here + "/kind"] = kind_of(part);
        found[here + "/offset_body"] = part.body_begin;
        found[here + "/offset_end"] = part.body_end;
        if (!part.children.empty()) return;
        std::string body = mime::decode_body(tree_, part);
        if (part.is_text()) body = mime::decode_charset(body, part.type.parameters.find("charset")).text;
        found[here + "/body"] = body;
    }

    void add_headers() {
        std::map<std::size_t, mime::Field> ours;  // by where the field begins
        for (const mime::Part& part : tree_.parts) {
            for (const mime::Field& field : part.header.fields)
                ours[field.offset] = field;
        }
        for (const Json* part : their_parts_) {
            // The parts of an encoded message are those of a Message of their own.
            for (const Json& header : (*part)["headers"]) {
                const auto offset = header["offset_field"].get<std::size_t>();
                const auto field = ours.find(offset);
                add_header(header, prefix_ + "h" + offset_text(offset),
                           field == ours.end() ? nullptr : &field->second);
            }
        }
    }

    void add_header(const Json& header, const std::string& here, const mime::Field* ours) {
        const std::string name = field_name(header["name"]);
        expected[here + "/name"] = name;
        expected[here + "/offset_start"] = header["offset_start"];
        expected[here + "/offset_end"] = header["offset_end"];
        add_value(name, header["value"], here, expected);
        if (ours == nullptr) return;
        found[here + "/name"] = field_name(ours->name, header["name"]);
        found[here + "/offset_start"] = ours->value.data() - tree_.message.data();
        found[here + "/offset_end"] = ours->offset + ours->length;
        add_value(name, header["value"], ours->value, here, found);
    }

    void add_lists() {
        const BodyParts ours = select_body_parts(tree_);
        for (const auto& [name, list] : {std::pair{"text_body", &ours.text}, std::pair{"html_body", &ours.html},
                                         std::pair{"attachments", &ours.attachments}}) {
            for (const Json& index : theirs_[name])
                expected[std::string(name) + ":" + at(theirs_["parts"][index.get<std::size_t>()])] = true;
            for (const std::size_t index : *list)
                found[std::string(name) + ":" + at(tree_.parts[index].header_begin)] = true;
        }
    }

    const Json& theirs_;
    const mime::PartTree& tree_;
    std::string prefix_;
    std::vector<const Json*> their_parts_;
};

// Where a message is read in another way: how many of the values they expect are others, how many values are only
// here, and why.
struct Explained {
    std::size_t differing;
    std::size_t additional;
    std::string reason;
};

class CorporaFields : public ::testing::Test {
 protected:
    void SetUp() override {
        if (!fs::is_directory(kCorpora)) GTEST_SKIP() << "no corpora at " << kCorpora;
    }

    void compare(const std::string& where, const Leaves& expected, const Leaves& found) {
        Explained& count = counts_[where];
        for (const auto& [key, value] : expected) {
            ++total_;
            const auto ours = found.find(key);
            const std::string wanted = text_of(value);
            const std::string got = ours == found.end() ? "nothing" : text_of(ours->second);
            if (wanted == got) continue;
            ++count.differing;
            count.reason += "\n" + key + "\n theirs " + wanted + "\n ours   " + got;
        }
        for (const auto& [key, value] : found) {
            if (expected.contains(key)) continue;
            ++count.additional;
            count.reason += "\n" + key + "\n only here " + text_of(value);
        }
    }

    // No other differences than those explained, and no fewer.
    void expect(const std::map<std::string, Explained>& explained, double equal) {
        std::size_t differing = 0;
        for (const auto& [where, count] : counts_) {
            const auto known = explained.find(where);
            const bool found = known != explained.end();
            EXPECT_EQ(count.differing, found ? known->second.differing : 0U) << where << count.reason;
            EXPECT_EQ(count.additional, found ? known->second.additional : 0U) << where << count.reason;
            differing += count.differing;
        }
        for (const auto& [where, reason] : explained)
            EXPECT_TRUE(counts_.contains(where)) << where;
        RecordProperty("expected", std::to_string(total_));
        RecordProperty("differing", std::to_string(differing));
        EXPECT_GE(static_cast<double>(total_ - differing) / static_cast<double>(total_), equal)
            << differing << " of " << total_ << " expected values differ";
    }

    // Each message with LF and with CRLF, which their offsets tell apart.
    void compare_messages(const std::string& folder) {
        for (const auto& entry : fs::directory_iterator(kCorpora / folder)) {
            if (entry.path().extension() != ".eml") continue;
            std::string lf = read_all(entry.path());
            std::erase(lf, '\r');
            std::string crlf;
            for (const char c : lf)
                crlf += c == '\n' ? "\r\n" : std::string(1, c);
            const std::string name = entry.path().stem();
            for (const auto& [text, suffix] : {std::pair{&lf, ".json"}, std::pair{&crlf, ".crlf.json"}}) {
                const Json theirs = Json::parse(read_all(entry.path().parent_path() / (name + suffix)));
                const mime::PartTree tree = mime::parse_parts(*text);
                const Message message(theirs, tree);
                compare(folder + "/" + name, message.expected, message.found);
            }
        }
    }

 private:
    std::map<std::string, Explained> counts_;
    std::size_t total_ = 0;
};

// Why each message is read in another way stands in docs/leniency.md, too.
TEST_F(CorporaFields, Rfc) {
    compare_messages("rfc");
    expect({{"rfc/000", {20, 8, "a part of unusable base64 keeps its type; a comment alone is no address"}},
            {"rfc/001", {8, 0, "a single word without @ is a local part, not a name"}},
            {"rfc/002", {4, 0, "a comment is a name only where there is no other one; l8 is no hour"}},
            {"rfc/004", {16, 0, "a single word without @ is a local part, not a name"}},
            {"rfc/008", {2, 2, "an encoded message/rfc822 is a leaf"}}},
           0.97);
}

TEST_F(CorporaFields, ThirdParty) {
    compare_messages("thirdparty");
    expect(
        {{"thirdparty/002", {6, 4, "a part of unusable base64 keeps its type"}},
         {"thirdparty/005", {5, 0, "a delimiter begins a line; half a character of UTF-16 is shown as U+FFFD"}},
         {"thirdparty/010", {2, 0, "of two parameters of one name the first one counts"}},
         {"thirdparty/013", {6, 0, "media beside both texts are no attachments (RFC 8621 section 4.1.4)"}},
         {"thirdparty/015",
          {44, 32, "a header that a delimiter cuts off ends there; the name of a field has no space in it"}}},
        0.98);
}

// Most of these were made to show how a parser fails. Where a boundary is another one, so is everything in its part.
TEST_F(CorporaFields, Malformed) {
    constexpr const char* kPrefix = "a line that only begins with the boundary is no delimiter";
    constexpr const char* kOuter =
        "the delimiter of an outer multipart ends the inner one (RFC 2046 section 5.1.2)";
    constexpr const char* kCutOff = "a part that is cut off or empty keeps its type";
    constexpr const char* kTwoTypes = "of two Content-Type fields the first one counts";
    compare_messages("malformed");
    expect(
        {{"malformed/000", {0, 56, kCutOff}},
         {"malformed/001", {30, 20, kPrefix}},
         {"malformed/002", {2, 4, kCutOff}},
         {"malformed/003", {2, 4, kCutOff}},
         {"malformed/004", {40, 6, kPrefix}},
         {"malformed/006", {2, 4, kCutOff}},
         {"malformed/007", {24, 14, "the first delimiter may stand directly behind the header"}},
         {"malformed/008", {14, 14, kPrefix}},
         {"malformed/009", {8, 18, kOuter}},
         {"malformed/011", {8, 18, kOuter}},
         {"malformed/012", {8, 20, kOuter}},
         {"malformed/016", {60, 14, kPrefix}},
         {"malformed/017", {2, 0, "a picture alone is the body, and no attachment (RFC 8621 section 4.1.4)"}},
         {"malformed/019", {16, 0, "a part whose first line is no field has no header"}},
         {"malformed/020", {8, 14, kTwoTypes}},
         {"malformed/021", {8, 14, kTwoTypes}},
         {"malformed/022", {6, 10, "the message in a message/rfc822 may be without header"}}},
        0.88);
}

}  // namespace
}  // namespace mailpipe::email

// Other parsers' opinions (shared/corpora): where ours differs, the table says why.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "mailpipe/mime/address.hpp"
#include "mailpipe/mime/charset.hpp"
#include "mailpipe/mime/date.hpp"
#include "mailpipe/mime/header.hpp"
#include "mailpipe/mime/parameter.hpp"
#include "mailpipe/mime/part_tree.hpp"

namespace mailpipe::mime {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

const fs::path kCorpora = MAILPIPE_CORPORA;

std::string read_all(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    EXPECT_TRUE(file) << path;
    return {std::istreambuf_iterator<char>(file), {}};
}

class Corpora : public ::testing::Test {
 protected:
    void SetUp() override {
        if (!fs::is_directory(kCorpora / "mail-parser")) GTEST_SKIP() << "no corpora at " << kCorpora;
    }
    // Counts which of the allowed differences occurred, so that the tables cannot rot.
    void differ(const std::map<std::string, std::string>& allowed, const std::string& key,
                const std::string& ours, const std::string& theirs) {
        if (ours == theirs) return;
        if (allowed.contains(key)) {
            seen_.insert(key);
            return;
        }
        ADD_FAILURE() << key << "\n ours:   " << ours << "\n theirs: " << theirs;
    }
    void expect_all_seen(const std::map<std::string, std::string>& allowed) {
        for (const auto& [key, reason] : allowed)
            EXPECT_TRUE(seen_.contains(key)) << "no longer differs: " << key;
    }

 private:
    std::set<std::string> seen_;
};

// The value of the one field, as parse_header finds it.
std::string value_of(const std::string& header) {
    const std::string text = "X:" + header;
    const Header parsed = parse_header(text);
    return parsed.fields.empty() ? "" : std::string(parsed.fields[0].value);
}

std::string or_empty(const Json& value) {
    return value.is_string() ? value.get<std::string>() : "";
}

Json addresses_json(const std::vector<Address>& addresses) {
    Json out = Json::array();
    for (const Address& a : addresses)
        out.push_back({a.name, a.email});
    return out;
}

Json addresses_json(const Json& theirs) {
    Json out = Json::array();
    for (const Json& a : theirs)
        out.push_back({or_empty(a["name"]), or_empty(a["address"])});
    return out;
}

TEST_F(Corpora, Address) {
    const std::map<std::string, std::string> allowed = {
        {"Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>\n",
         "a comment is a name only where there is no other one"},
        {"Pete(A nice \n \\\n ) chap) <pete(his\n account)@silly\n .test(his host)>\n",
         "a comment is a name only where there is no other one; a quoted line end is dropped"},
        {"A Group(Some people)\n        :Chris Jones <c@(Chris's host.)public.example>,\n            "
         "joe@example.org,\n     John <jdoe@one.test> (my dear friend); (the end of the group)\n",
         "a comment is a name only where there is no other one"},
        {"(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;\n",
         "a comment is a name only where there is no other one"},
        {"Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example\n",
         "obs-route and the white space of obs-local-part and obs-domain are removed (RFC 5322 section 4.4)"},
        {"John Doe <jdoe@machine(comment).  example>\n",
         "a comment is a name only where there is no other one"},
        {"Nathaniel Borenstein <nsb@thumper.bellcore.com>\n    (=?iso-8859-8?b?7eXs+SDv4SDp7Oj08A==?=)\n",
         "a comment is a name only where there is no other one"},
        {"Name (comment) =?utf-8?q?Doe?= <a@b.com>\n", "a comment is a name only where there is no other one"},
    };
    for (const Json& row : Json::parse(read_all(kCorpora / "mail-parser/address.json"))) {
        const std::string header = row["header"];
        Json theirs = Json::array();
        if (row["expected"].contains("List")) {
            theirs.push_back({nullptr, addresses_json(row["expected"]["List"])});
        } else {
            for (const Json& group : row["expected"]["Group"]) {
                theirs.push_back({group["name"], addresses_json(group["addresses"])});
            }
        }
        Json ours = Json::array();
        for (const AddressGroup& group : parse_address_list(value_of(header))) {
            ours.push_back({group.name ? Json(*group.name) : Json(), addresses_json(group.addresses)});
        }
        differ(allowed, header, ours.dump(), theirs.dump());
    }
    expect_all_seen(allowed);
}

TEST_F(Corpora, ContentType) {
    const std::map<std::string, std::string> allowed = {
        {"application/pdf\n   filename*0*=iso-8859-1'es'%D1and%FA\n   filename*1*=iso-8859-1'%20r%E1pido\n   "
         "filename*2*=\"iso-8859-1' (versi%F3n \\'99 \\\"oficial\\\").pdf\"\n",
         "a charset in any piece but the first is not guessed at (RFC 2231 section 4.1)"},
        {"image/jpeg;\n   name=\"=?iso-8859-1?B?4Q==?= =?utf-8?B?w6k=?= =?iso-8859-1?q?=ED?=.jpeg\"\n",
         "white space between two encoded words is dropped (RFC 2047 section 6.2)"},
        {"=\n", "an empty type stays empty"},
        {"name=value\n", "a parameter in the place of the type is a parameter"},
        {"text/plain; name=  \n", "an empty value is a value"},
        {std::string("test/encoded; key4*=us-ascii''foo; key*9999=ba%; key2*0=a; key3*0*=us-ascii'en'xyz; "
                     "key*0=\"f\0oo\"; key2*1*=b%25; key3*1=plop%; key*1=baz; *=test; =test2;\n",
                     153),
         "order of the first piece; NUL is dropped"},
        {"text/plain/format\n", "a subtype has no \"/\""},
        {"text/plain/format;charset=us-ascii\n", "a subtype has no \"/\""},
        {"text/plain/format ;charset=us-ascii\n", "a subtype has no \"/\""},
        {"malicious/attempt; 1*2*=a; 3**=b; 4***=c; *5**6*=d;*****7*8*=e; 9*10*11*12*13*14=f; "
         "15*x***fff*===g;1 * 999999999999999999 *= h; 18 *=*=*=*=*==i;\n",
         "names and sections that RFC 2231 does not allow are read in another way"},
    };
    for (const Json& row : Json::parse(read_all(kCorpora / "mail-parser/content_type.json"))) {
        const std::string header = row["header"];
        const Json& expected = row["expected"];
        Json theirs = Json::array({"text/plain"});
        Json ours = Json::array();
        ParameterList parameters;
        if (expected.is_object() && expected["c_subtype"].is_null() && expected["c_type"] != "text" &&
            expected["c_type"] != "test") {
            const ContentDisposition disposition = parse_content_disposition(value_of(header));
            theirs[0] = expected["c_type"];
            ours.push_back(disposition.type);
            parameters = disposition.parameters;
        } else {
            const ContentType type = parse_content_type(value_of(header));
            if (expected.is_object() && expected["c_subtype"].is_string()) {
                theirs[0] =
                    expected["c_type"].get<std::string>() + "/" + expected["c_subtype"].get<std::string>();
            }
            ours.push_back(type.full());
            parameters = type.parameters;
        }
        if (expected.is_object() && expected.contains("attributes") && expected["attributes"].is_array()) {
            for (const Json& a : expected["attributes"]) {
                // A language of RFC 2231 is no parameter here.
                if (!a[0].get<std::string>().ends_with("-language")) theirs.push_back(a);
            }
        }
        for (const Parameter& p : parameters.parameters)
            ours.push_back({p.name, p.value});
        if (!expected.is_object()) ours.erase(ours.begin() + 1, ours.end());
        differ(allowed, header, ours.dump(), theirs.dump());
    }
    expect_all_seen(allowed);
}

std::string date_of(const Json& expected) {
    if (!expected.is_object()) return "";
    DateTime date{expected["year"], expected["month"],  expected["day"],
                  expected["hour"], expected["minute"], expected["second"]};
    const int minutes = expected["tz_hour"].get<int>() * 60 + expected["tz_minute"].get<int>();
    date.zone_minutes = expected["tz_before_gmt"].get<bool>() ? -minutes : minutes;
    return rfc3339(date);
}

TEST_F(Corpora, Date) {
    const std::map<std::string, std::string> allowed = {
        {"20 11 (some \n 44 comments(more comments\n )) 79 05:34:27 -0300", "a month is a name"},
        {" 4 8 15 16 23 42, 4 8 15 16 23 42, 4 8 15 16 23 42, ", "a month is a name"},
        {"by 2002:aa7:cd10:0:b0:45c:2c83:1208 with SMTP id "
         "b16-20020aa7cd10000000b0045c2c831208mr4220805edw.81.1665423075119;\n	Mon, 10 Oct 2022 10:31:15 "
         "-0700 (PDT)",
         "the date of a Received field is behind its \";\", which is for its parser"},
    };
    for (const Json& row : Json::parse(read_all(kCorpora / "mail-parser/date.json"))) {
        const std::string header = row["header"];
        const auto date = parse_date(value_of(header));
        differ(allowed, header, date ? rfc3339(*date) : "", date_of(row["expected"]));
    }
    expect_all_seen(allowed);
}

std::string json_text(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// NAME_decoded_1_2.txt is the decoded body of the second part of the message NAME.msg; text has LF line ends
// there.
std::map<std::string, std::string> decoded_of_ours(const PartTree& tree) {
    std::map<std::string, std::string> out;
    std::vector<std::string> paths(tree.parts.size());
    for (std::size_t i = 0; i < tree.parts.size(); ++i) {
        const Part& part = tree.parts[i];
        if (part.parent == Part::kNone) {
            paths[i] = "1";
        } else {
            const auto& siblings = tree.parts[part.parent].children;
            const auto position = std::find(siblings.begin(), siblings.end(), i) - siblings.begin();
            paths[i] = paths[part.parent] + "_" + std::to_string(position + 1);
        }
        if (!part.children.empty()) continue;
        std::string body = decode_body(tree, part);
        if (part.is_text()) std::erase(body, '\r');
        out[paths[i]] = body;
    }
    return out;
}

TEST_F(Corpora, Mime4jDecodedBodies) {
    const std::map<std::string, std::string> allowed = {
        {"bad-newlines-multiple-parts-base64",
         "an encoded message/rfc822 is a leaf: its parts have no offsets in the message"},
        {"base64encoded-rfc822message",
         "an encoded message/rfc822 is a leaf: its parts have no offsets in the message"},
        {"base64encoded-rfc822message-nested",
         "an encoded message/rfc822 is a leaf: its parts have no offsets in the message"},
        {"malformedHeader-noheader", "nothing of a message without header is lost"},
        {"malformedHeaderStartsBody-nocrlfcrlf", "a line of a header that is no field is skipped"},
        {"malformedHeaderStartsBody-noheader", "nothing of a message without header is lost"},
        {"missing-boundary", "a multipart without parts is text"},
        {"missing-inner-boundary", "a multipart without parts is text"},
        {"missing-inner-start-boundary", "a multipart without parts is text"},
        {"multipartemptypart", "their folder holds a result of an older run"},
        {"multipartnestedemptyparts", "their folder holds a result of an older run"},
        {"multipartnopart", "a multipart without parts is text"},
        {"very-long-boundary", "a boundary does not end with white space (RFC 2046 section 5.1.1)"},
        {"very-very-long-boundary", "a boundary does not end with white space (RFC 2046 section 5.1.1)"},
        {"weird-boundary", "a boundary does not end with white space (RFC 2046 section 5.1.1)"},
    };
    for (const auto& entry : fs::directory_iterator(kCorpora / "mime4j/testmsgs")) {
        if (entry.path().extension() != ".msg") continue;
        const std::string name = entry.path().stem();
        const std::string message = read_all(entry.path());
        std::map<std::string, std::string> theirs;
        const std::string prefix = name + "_decoded_";
        for (const auto& file : fs::directory_iterator(entry.path().parent_path())) {
            const std::string stem = file.path().stem();
            if (!stem.starts_with(prefix) || file.path().extension() == ".xml") continue;
            std::string body = read_all(file.path());
            if (file.path().extension() == ".txt") std::erase(body, '\r');
            theirs[stem.substr(prefix.size())] = body;
        }
        differ(allowed, name, json_text(Json(decoded_of_ours(parse_parts(message)))), json_text(Json(theirs)));
    }
    expect_all_seen(allowed);
}

}  // namespace
}  // namespace mailpipe::mime

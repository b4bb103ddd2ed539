#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/base/encoding.hpp"
#include "tests/support/transcript.hpp"
#include "tests/unit/smtp/client_run.hpp"
#include "tests/unit/smtp/server_run.hpp"

// Replays tests/transcripts/smtp. A dialogue goes through the client and through the server unless a comment
// says "client-only" or "server-only".
namespace mailpipe::smtp::test {
namespace {

const std::filesystem::path kTranscripts =
    std::filesystem::path(MAILPIPE_SOURCE_DIR) / "tests/transcripts/smtp";

std::string content(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

std::vector<std::string> dialogues(std::string_view not_with) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(kTranscripts)) {
        if (content(entry.path()).find(not_with) == std::string::npos)
            names.push_back(entry.path().stem().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

std::vector<mailpipe::test::TranscriptLine> load(const std::string& name) {
    return mailpipe::test::read_transcript((kTranscripts / (name + ".txt")).string());
}

// What the user of a client must have asked for, so that it speaks these lines.
struct Intent {
    ClientOptions options;
    std::vector<Submission> submissions;
};

std::string mailbox_text(std::string_view line) {
    const std::size_t open = line.find('<') + 1;
    return std::string(line.substr(open, line.find('>') - open));
}

// The parameters behind a path, as the caller asks for them.
void read_parameters(std::string_view line, Envelope& envelope) {
    RecipientOptions options;
    for (const std::string_view word : ascii::split_words(line.substr(line.find('>') + 1))) {
        const std::size_t equals = std::min(word.find('='), word.size());
        const std::string_view name = word.substr(0, equals);
        const std::string value(word.substr(std::min(equals + 1, word.size())));
        if (name == "SIZE") envelope.size = ascii::parse_number(value);
        if (value == "8BITMIME") envelope.body = Body::eight_bit;
        if (value == "BINARYMIME") envelope.body = Body::binary;
        if (name == "RET") envelope.ret = value == "FULL" ? Return::full : Return::headers;
        if (name == "ENVID") envelope.envelope_id = value;
        if (name == "BY")
            envelope.by = DeliverBy{std::stoll(value), value.find('R') != std::string::npos, false};
        if (name == "HOLDFOR") envelope.hold_for = ascii::parse_number(value);
        if (name == "MT-PRIORITY") envelope.priority = std::stoi(value);
        if (name == "REQUIRETLS") envelope.require_tls = true;
        if (name == "ORCPT") options.original = value;
        if (name != "NOTIFY") continue;
        const auto has = [&value](const char* what) { return value.find(what) != std::string::npos; };
        options.notify = Notify{has("SUCCESS"), has("FAILURE"), has("DELAY")};
    }
    if (line.substr(0, 4) == "RCPT") envelope.recipient_options.push_back(options);
}

Intent read_intent(const std::vector<mailpipe::test::TranscriptLine>& lines) {
    Intent intent{client_options(), {}};
    bool in_body = false;
    std::size_t login_lines = 0;
    std::size_t chunk = 0;  // octets of BDAT that are still to come
    for (const auto& line : lines) {
        if (line.tls_starts) intent.options.tls = TlsUse::starttls;
        if (!line.from_client || line.tls_starts) continue;
        const std::string text = line.octets.substr(0, line.octets.size() - 2);
        if (chunk > 0) {
            intent.submissions.back().body += line.octets;
            chunk -= line.octets.size();
        } else if (in_body) {
            in_body = text != ".";
            if (in_body) intent.submissions.back().body += line.octets.substr(text[0] == '.' ? 1 : 0);
        } else if (login_lines > 0) {
            const std::string value = decode_base64(text).value();
            --login_lines == 1 ? intent.options.user = value : (intent.options.password = Secret(value), value);
        } else if (text.substr(1, 4) == "HLO ") {
            if (text[0] == 'L') intent.options.protocol = Protocol::lmtp;
            intent.options.helo_name = text.substr(5);
        } else if (text == "AUTH LOGIN") {
            login_lines = 2;
        } else if (text.substr(0, 11) == "AUTH PLAIN ") {
            const std::string message = decode_base64(text.substr(11)).value();
            const auto parts = ascii::split(message, '\0');
            intent.options.user = parts[1];
            intent.options.password = Secret(std::string(parts[2]));
        } else if (text.substr(0, 10) == "MAIL FROM:") {
            Envelope& envelope = intent.submissions.emplace_back().envelope;
            envelope.reverse_path = parse_mailbox(mailbox_text(text)).value();
            read_parameters(text, envelope);
        } else if (text.substr(0, 8) == "RCPT TO:") {
            Envelope& envelope = intent.submissions.back().envelope;
            envelope.recipients.push_back(parse_mailbox(mailbox_text(text)).value());
            read_parameters(text, envelope);
        } else if (text.substr(0, 5) == "BDAT ") {
            chunk = std::stoul(text.substr(5));
            if ((&line - 1)->from_client) intent.submissions.back().envelope.size = chunk;
        } else if (text == "DATA") {
            const auto next = &line + 1;
            in_body = next->octets[0] == '3' || next->from_client;
            for (auto reply = next; reply < lines.data() + lines.size() && !reply->from_client; ++reply) {
                in_body = reply->octets[0] == '3';
            }
        }
    }
    return intent;
}

class ClientTranscript : public testing::TestWithParam<std::string> {};

TEST_P(ClientTranscript, SpeaksTheClientsLines) {
    const auto lines = load(GetParam());
    for (const std::size_t piece : {std::string::npos, std::size_t{1}, std::size_t{3}}) {
        const Intent intent = read_intent(lines);
        ClientRun run(intent.options, intent.submissions);
        std::string expected;
        for (const auto& line : lines) {
            if (line.tls_starts) continue;
            if (line.from_client) {
                expected += ascii::starts_with_ignore_case(line.octets, "RCPT TO:") ||
                                    ascii::starts_with_ignore_case(line.octets, "MAIL FROM:")
                                ? line.octets.substr(0, line.octets.find('<') + 1) +
                                      parse_mailbox(mailbox_text(line.octets))->encode() +
                                      line.octets.substr(line.octets.find('>'))
                                : line.octets;
                continue;
            }
            run.drain();
            ASSERT_EQ(run.log.output, expected) << "before " << line.octets;
            run.feed(line.octets, piece);
        }
        EXPECT_EQ(run.log.output, expected);
        EXPECT_FALSE(run.log.error.has_value()) << run.log.error->message;
        EXPECT_EQ(run.log.events.back(), "closed");
        EXPECT_EQ(run.log.finished.size(), intent.submissions.size());
    }
}

INSTANTIATE_TEST_SUITE_P(Files, ClientTranscript, testing::ValuesIn(dialogues("server-only")),
                         [](const auto& param) { return param.param; });

class ServerTranscript : public testing::TestWithParam<std::string> {};

// The server has texts of its own: the codes are compared, and a refusal that this server has no reason for (a
// quota) counts as the acceptance it stands in for.
TEST_P(ServerTranscript, AnswersWithTheServersCodes) {
    const auto lines = load(GetParam());
    ServerLog expected;
    std::string input;
    for (const auto& line : lines) {
        if (line.from_client) {
            input += line.octets;
        } else {
            const bool other_reason = line.octets.find("over quota") != std::string::npos;
            const bool green = line.octets.find("Green") != std::string::npos;
            expected.output += other_reason || green ? "250" + line.octets.substr(3) : line.octets;
        }
    }
    // "Green" and "noone" of the RFCs do not exist; in ServerRun that is said of names that begin with "no".
    for (std::size_t at = input.find("RCPT TO:<Green@"); at != std::string::npos; at = std::string::npos) {
        input.replace(at + 9, 5, "noone");
    }
    const bool lmtp = input.substr(0, 4) == "LHLO";
    const auto options = server_options(lmtp ? ServerProtocol::lmtp : ServerProtocol::smtp);
    const ServerLog whole = run_server(input, options, std::string::npos);
    EXPECT_EQ(whole.codes(), expected.codes()) << whole.output;
    EXPECT_EQ(whole.events.back(), "quit");
    for (std::size_t at = 0; at <= input.size(); ++at) {
        ServerRun run(options);
        run.feed(std::string_view(input).substr(0, at));
        run.feed(std::string_view(input).substr(at));
        EXPECT_EQ(run.log, whole) << at;
    }
}

INSTANTIATE_TEST_SUITE_P(Files, ServerTranscript, testing::ValuesIn(dialogues("client-only")),
                         [](const auto& param) { return param.param; });

}  // namespace
}  // namespace mailpipe::smtp::test

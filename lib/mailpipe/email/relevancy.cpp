#include "mailpipe/email/relevancy.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "mailpipe/base/ascii.hpp"
#include "mailpipe/email/collation.hpp"
#include "mailpipe/email/search_key.hpp"
#include "mailpipe/email/text_value.hpp"
#include "mailpipe/mime/encoded_word.hpp"
#include "mailpipe/mime/header.hpp"
#include "mailpipe/mime/part_tree.hpp"

namespace mailpipe::email {
namespace {

using Kind = SearchKey::Kind;

constexpr int kPhrase = 100, kWords = 80, kPhraseBegun = 60, kWordsBegun = 40;
constexpr int kAmongOthers = 19;  // what many other words take away
constexpr int kTextShare = 2;     // the text counts a half of what the header does

int words_in(std::string_view form) {
    return static_cast<int>(std::min<std::ptrdiff_t>(std::count(form.begin(), form.end(), ' '), 1'000'000));
}

// 0: some word of the key begins no word of the text.
int closeness(std::string_view text, const SearchKey& key) {
    const std::string form = fuzzy_form(text);
    const std::string ended = form + ' ';
    bool whole = true;
    for (std::string_view words = key.folded; !words.empty();) {
        const std::string word(words.substr(0, words.find(' ', 1)));
        if (form.find(word) == std::string::npos) return 0;
        whole = whole && ended.find(word + ' ') != std::string::npos;
        words.remove_prefix(word.size());
    }
    if (key.folded.empty() || form.empty()) return 1;
    int score = whole ? kWords : kWordsBegun;
    if (form.find(key.folded) != std::string::npos) score = kPhraseBegun;
    if (ended.find(key.folded + ' ') != std::string::npos) score = kPhrase;
    const int all = words_in(form);
    const int others = std::max(0, all - words_in(key.folded));
    return score - kAmongOthers * others / all;
}

class Scorer {
 public:
    explicit Scorer(SearchSubject& subject) : subject_(subject) {}

    // nullopt: the key says nothing of relevancy.
    Result<std::optional<int>> score(const SearchKey& key) {
        if (key.kind == Kind::and_ || key.kind == Kind::or_) return score_children(key);
        if (!key.fuzzy) return std::nullopt;
        if (key.kind != Kind::header && key.kind != Kind::body && key.kind != Kind::text) return std::nullopt;
        int best = 0;
        if (key.kind != Kind::body) {
            const auto kept = key.kind == Kind::header ? subject_.kept_header(key.name) : std::nullopt;
            auto octets = kept ? *kept : subject_.header();
            if (!octets) return tl::unexpected(octets.error());
            best = of_header(mime::parse_header(*octets), key);
        }
        if (key.kind == Kind::header) return best;
        auto octets = subject_.message();
        if (!octets) return tl::unexpected(octets.error());
        const mime::PartTree tree = mime::parse_parts(*octets);
        const int share = key.kind == Kind::text ? kTextShare : 1;
        for (const mime::Part& part : tree.parts) {
            if (!part.is_text()) continue;
            best = std::max(best, closeness(text_value(mime::decode_body(tree, part), part).text, key) / share);
        }
        return best;
    }

 private:
    Result<std::optional<int>> score_children(const SearchKey& key) {
        int sum = 0, count = 0, best = 0;
        for (const Query& child : key.children) {
            auto each = score(*child);
            if (!each) return each;
            if (!*each) continue;
            sum += **each;
            ++count;
            best = std::max(best, **each);
        }
        if (count == 0) return std::nullopt;
        return key.kind == Kind::or_ ? best : sum / count;
    }

    static int of_header(const mime::Header& header, const SearchKey& key) {
        int best = 0;
        for (const mime::Field& field : header.fields) {
            if (key.kind == Kind::header && !ascii::equals_ignore_case(field.name, key.name)) continue;
            best = std::max(best, closeness(mime::decode_text(field.value).text, key));
        }
        return best;
    }

    SearchSubject& subject_;
};

}  // namespace

bool is_fuzzy(const Query& query) {
    return query->fuzzy || std::any_of(query->children.begin(), query->children.end(), is_fuzzy);
}

Result<int> relevancy(const Query& query, SearchSubject& subject) {
    auto score = Scorer(subject).score(*query);
    if (!score) return tl::unexpected(score.error());
    constexpr int kBest = 100;
    return std::clamp(score->value_or(kBest), 1, kBest);
}

}  // namespace mailpipe::email

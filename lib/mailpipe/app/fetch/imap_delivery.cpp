#include <chrono>
#include <limits>
#include <unordered_map>
#include <utility>

#include "mailpipe/app/fetch/imap_target.hpp"
#include "mailpipe/app/fetch/known_messages.hpp"
#include "mailpipe/app/fetch/make_delivery.hpp"
#include "mailpipe/app/fetch/state_file.hpp"
#include "mailpipe/app/imap_append.hpp"
#include "mailpipe/base/ascii.hpp"

namespace mailpipe::app {
namespace {

using Clock = std::chrono::steady_clock;

// A group is sent when it reaches one of these.
constexpr std::size_t kGroupMessages = 100;
constexpr std::uint64_t kGroupOctets = 4U << 20;
constexpr std::chrono::seconds kGroupAge{2};

// The staged id of a message: what it cannot lie below.
std::string encode_place(const ImapTarget::Place& place) {
    return std::to_string(place.uid_validity) + "." + std::to_string(place.uid);
}
ImapTarget::Place parse_place(std::string_view id) {
    const std::size_t dot = id.find('.');
    const auto number = [](std::string_view digits) {
        return static_cast<std::uint32_t>(ascii::parse_number(digits).value_or(0));
    };
    return {number(id.substr(0, dot)), dot == std::string_view::npos ? 0 : number(id.substr(dot + 1))};
}

// The order of delivery.hpp, but that what the server has published is found out where a store publishes what was
// staged: the state says first what is about to be sent, and from which UID on it would be.
class ImapDelivery : public Delivery {
 public:
    ImapDelivery(const Location& destination, const DeliveryContext& context, std::string place)
        : state_(context.state),
          place_(std::move(place)),
          target_(destination, destination_client(context.settings, destination), context.console.trace(),
                  [&console = context.console, where = encode(destination)](std::string_view text) {
                      console.note(where, text);
                  }) {}

    Result<void> prepare() { return target_.prepare(); }

    Result<std::vector<Delivered>> recover() override {
        const auto pending = state_.pending(place_);
        if (pending.empty()) return std::vector<Delivered>{};
        auto found = find_again(pending);
        target_.disconnect();
        if (!found) return tl::unexpected(found.error());
        std::vector<Delivered> delivered;
        delivered.reserve(pending.size());  // `done` views it
        std::vector<FetchState::Done> done;
        FetchState::Keys lost;
        for (const FetchState::Staged& staged : pending) {
            const auto uid = found->find(staged.key);
            if (uid == found->end()) {
                lost.push_back(staged.key);
                continue;
            }
            delivered.push_back({staged.key, 0, target_.ref_of(uid->second), staged.size, -1});
            done.push_back({staged.key, staged.size, staged.print, delivered.back().to, now_seconds()});
        }
        if (auto recorded = state_.record_done(done); !recorded) return tl::unexpected(recorded.error());
        if (auto recorded = state_.record_lost(lost); !recorded) return tl::unexpected(recorded.error());
        if (auto synced = state_.sync(); !synced) return tl::unexpected(synced.error());
        return delivered;
    }

    Result<void> begin(const Message& /*message*/) override {
        current_ = {};
        header_end_ = 0;
        begun_ = Clock::now();
        return {};
    }
    Result<void> append(std::string_view crlf_text) override {
        current_.described.binary = current_.described.binary || crlf_text.find('\0') != std::string_view::npos;
        look_at_header(crlf_text);
        return current_.text->append(crlf_text);
    }
    Result<void> finish(const Message& message) override {
        const auto [binary, utf8] = std::pair(current_.described.binary, current_.described.utf8);
        current_.described = append_item(message.keywords, message.received_at, current_.text->size());
        current_.described.binary = binary;
        current_.described.utf8 = utf8;
        if (origins_.empty()) group_begun_ = begun_;
        octets_ += current_.text->size();
        items_.push_back(std::exchange(current_, {}));
        origins_.push_back({message.key, message.number, message.print, begun_});
        const bool full = items_.size() >= kGroupMessages || octets_ >= kGroupOctets ||
                          Clock::now() - group_begun_ >= kGroupAge;
        return full ? send_group() : Result<void>{};
    }
    void abandon() override { current_ = {}; }

    // The delivered come first, then the error, again and again.
    Result<std::vector<Delivered>> take() override {
        if (delivered_.empty() && failed_) return tl::unexpected(*failed_);
        return std::exchange(delivered_, {});
    }
    Result<std::vector<Delivered>> flush() override {
        [[maybe_unused]] const auto sent = send_group();  // failed_ says it
        if (auto synced = state_.sync(); !synced) return tl::unexpected(synced.error());
        return take();
    }

 private:
    void look_at_header(std::string_view crlf_text) {
        constexpr std::string_view kEnd = "\r\n\r\n";
        for (const char c : crlf_text) {
            if (header_end_ == kEnd.size()) return;
            header_end_ = c == kEnd[header_end_] ? header_end_ + 1 : c == '\r' ? 1 : 0;
            if ((static_cast<unsigned char>(c) & 0x80U) != 0) current_.described.utf8 = true;
        }
    }

    struct Origin {
        std::string key;
        std::uint32_t number = 0;
        Fingerprint print;
        Clock::time_point begun;
    };

    Result<void> send_group() {
        auto items = std::exchange(items_, {});
        const auto origins = std::exchange(origins_, {});
        octets_ = 0;
        if (failed_) return tl::unexpected(*failed_);
        if (items.empty()) return {};
        auto sent = target_.connect();
        if (sent) sent = stage(items, origins);
        if (sent) sent = target_.append(items);
        if (auto recorded = record(items, origins); !recorded) sent = recorded;
        if (!sent) failed_ = sent.error();
        return sent;
    }

    Result<void> stage(const std::vector<ImapTarget::Item>& items, const std::vector<Origin>& origins) {
        const std::string id = encode_place(target_.next_place());
        std::vector<FetchState::Staged> staged;
        for (std::size_t i = 0; i < items.size(); ++i)
            staged.push_back({origins[i].key, items[i].described.size, id, origins[i].print, place_});
        return state_.record_staged(staged);
    }

    // What is neither taken nor refused stays pending: the next run finds out.
    Result<void> record(const std::vector<ImapTarget::Item>& items, const std::vector<Origin>& origins) {
        const auto now = Clock::now();
        std::vector<Delivered> taken;
        std::vector<FetchState::Done> done;
        FetchState::Keys refused;
        taken.reserve(items.size());  // `done` views it
        for (std::size_t i = 0; i < items.size(); ++i) {
            const std::uint64_t size = items[i].described.size;
            const double seconds = std::chrono::duration<double>(now - origins[i].begun).count();
            if (items[i].taken) {
                taken.push_back(
                    {origins[i].key, origins[i].number, target_.ref_of(items[i].uid), size, seconds});
                done.push_back({taken.back().key, size, origins[i].print, taken.back().to, now_seconds()});
            } else if (items[i].refused) {
                if (!origins[i].key.empty()) refused.push_back(origins[i].key);
                Delivered one{origins[i].key, origins[i].number, {}, size, -1};
                one.refused = std::make_shared<const Error>(*items[i].refused);
                delivered_.push_back(std::move(one));
            }
        }
        auto recorded = done.empty() ? Result<void>{} : state_.record_done(done);
        if (recorded && !refused.empty()) recorded = state_.record_lost(refused);
        delivered_.insert(delivered_.end(), std::make_move_iterator(taken.begin()),
                          std::make_move_iterator(taken.end()));
        return recorded;
    }

    // The UIDs under which what was sent is there, by key.
    Result<std::unordered_map<std::string, std::uint32_t>> find_again(
        const std::vector<FetchState::Staged>& pending) {
        std::unordered_map<std::string, std::uint32_t> found;
        const auto validity = target_.select();
        if (!validity) return tl::unexpected(validity.error());
        if (*validity == 0) return found;
        KnownMessages sent;
        std::uint32_t first = std::numeric_limits<std::uint32_t>::max();
        for (const FetchState::Staged& staged : pending) {
            const ImapTarget::Place place = parse_place(staged.id);
            if (place.uid_validity != 0 && place.uid_validity != *validity) continue;
            first = std::min(first, std::max(place.uid, 1U));
            sent.add({staged.print, staged.size, staged.key, 0});
        }
        if (sent.empty()) return found;
        auto looked =
            target_.each_from(first, [&](std::uint32_t uid, const Fingerprint& print, std::uint64_t size) {
                if (const auto known = sent.take(print, size)) found.emplace(known->to, uid);
            });
        if (!looked) return tl::unexpected(looked.error());
        return found;
    }

    FetchState& state_;
    std::string place_;
    ImapTarget target_;
    ImapTarget::Item current_;
    std::size_t header_end_ = 0;  // octets of CRLF CRLF that have come; all four: the header is over
    Clock::time_point begun_;
    std::vector<ImapTarget::Item> items_;  // of the group
    std::vector<Origin> origins_;          // of each
    std::uint64_t octets_ = 0;
    Clock::time_point group_begun_;
    std::vector<Delivered> delivered_;
    std::optional<Error> failed_;
};

}  // namespace

Result<std::unique_ptr<Delivery>> make_imap_delivery(const Location& destination,
                                                     const DeliveryContext& context, const std::string& place) {
    if (canonical_source(destination) == canonical_source(context.source))
        return fail(Errc::usage, "the destination is the source itself");
    auto delivery = std::make_unique<ImapDelivery>(destination, context, place);
    if (auto prepared = delivery->prepare(); !prepared) return tl::unexpected(prepared.error());
    return delivery;
}

}  // namespace mailpipe::app

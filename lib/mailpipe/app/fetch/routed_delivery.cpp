#include <algorithm>
#include <utility>

#include "mailpipe/app/fetch/make_delivery.hpp"
#include "mailpipe/app/fetch/router.hpp"

namespace mailpipe::app {
namespace {

// One of several destinations.
struct Target {
    Location location;
    std::string place;  // FetchState::Staged
    bool is_routed_to = true;
    std::unique_ptr<Delivery> delivery = nullptr;  // nullptr: it could not be opened
    bool failed = false;
};

class RoutedDelivery : public Delivery {
 public:
    RoutedDelivery(std::vector<Target> targets, std::vector<Router::Rule> rules, const DeliveryContext& context)
        : targets_(std::move(targets)),
          context_(context),
          router_(std::move(rules), 0,
                  context.source.scheme == Scheme::imap || context.source.scheme == Scheme::imaps) {}

    // Errors: usage and config; what else is wrong is reported. Stores come last: what is wrong otherwise leaves none
    // behind.
    Result<void> open() {
        for (const bool stores : {false, true}) {
            for (Target& target : targets_) {
                if (is_store(target.location) != stores) continue;
                if (auto opened = open(target); !opened) return opened;
            }
        }
        return check();
    }

    Result<std::vector<Delivered>> recover() override {
        std::vector<Delivered> delivered;
        for (Target& target : targets_) {
            if (!target.failed) collect(target, target.delivery->recover(), delivered);
        }
        return checked(std::move(delivered));
    }

    Result<void> begin(const Message& message) override {
        abandon();
        if (auto takes = check(); !takes) return takes;
        message_ = message;
        router_.begin();
        return {};
    }

    Result<void> append(std::string_view crlf_text) override {
        if (chosen_ != nullptr) {
            if (!chosen_->failed) note(*chosen_, chosen_->delivery->append(crlf_text));
            return check();
        }
        const auto target = router_.append(crlf_text);
        if (!target) return tl::unexpected(target.error());
        return *target ? choose(**target) : Result<void>{};
    }

    Result<void> finish(const Message& message) override {
        if (chosen_ == nullptr) {
            const auto target = router_.finish(message);
            if (!target) return tl::unexpected(target.error());
            if (auto chosen = choose(*target); !chosen) return chosen;
        }
        Target& target = *std::exchange(chosen_, nullptr);
        if (!target.failed) note(target, target.delivery->finish(message));
        if (target.failed) pass_over(message);
        return check();
    }

    void abandon() override {
        if (chosen_ != nullptr && !chosen_->failed) chosen_->delivery->abandon();
        chosen_ = nullptr;
        router_.begin();
    }

    Result<std::vector<Delivered>> take() override {
        auto delivered = std::exchange(passed_over_, {});
        for (Target& target : targets_) {
            if (!target.failed) collect(target, target.delivery->take(), delivered);
        }
        return checked(std::move(delivered));
    }

    // What a destination took before it failed is safe there, and told.
    Result<std::vector<Delivered>> flush() override {
        auto delivered = std::exchange(passed_over_, {});
        for (Target& target : targets_) {
            if (!target.delivery) continue;
            if (collect(target, target.delivery->flush(), delivered))
                collect(target, target.delivery->take(), delivered);
        }
        return checked(std::move(delivered));
    }

 private:
    static bool is_store(const Location& location) {
        return location.scheme == Scheme::maildir || location.scheme == Scheme::mbox;
    }

    Result<void> open(Target& target) {
        auto opened = make_delivery(target.location, context_, target.place);
        if (opened) {
            target.delivery = std::move(*opened);
            return {};
        }
        const Errc kind = opened.error().kind;
        if (kind == Errc::usage) return fail(kind, encode(target.location) + ": " + opened.error().message);
        fail_target(target, opened.error());
        return kind == Errc::config ? fail(kind, std::string(kReported)) : Result<void>{};
    }

    // Hands over what was held back.
    Result<void> choose(std::size_t index) {
        chosen_ = &targets_[index];
        if (!chosen_->failed) note(*chosen_, chosen_->delivery->begin(message_));
        MessageSpool& text = router_.text();
        for (std::uint64_t at = 0; at < text.size() && !chosen_->failed;) {
            const auto piece = text.read(at);
            if (!piece) return tl::unexpected(piece.error());
            at += piece->size();
            note(*chosen_, chosen_->delivery->append(*piece));
        }
        text.clear();
        return check();
    }

    void note(Target& target, const Result<void>& done) {
        if (!done) fail_target(target, done.error());
    }
    bool collect(Target& target, Result<std::vector<Delivered>> some, std::vector<Delivered>& all) {
        if (!some) {
            fail_target(target, some.error());
            return false;
        }
        all.insert(all.end(), std::make_move_iterator(some->begin()), std::make_move_iterator(some->end()));
        return true;
    }

    void fail_target(Target& target, const Error& error) {
        if (target.delivery) target.delivery->abandon();
        if (std::exchange(target.failed, true)) return;
        last_error_ = error.kind;
        context_.console.error(encode(target.location), destination_error(error, target.location));
    }

    Result<void> check() const {
        const bool any = std::any_of(targets_.begin(), targets_.end(), [](const Target& target) {
            return target.is_routed_to && !target.failed;
        });
        return any ? Result<void>{} : fail(last_error_, std::string(kReported));
    }
    // What was delivered comes first, then the error.
    Result<std::vector<Delivered>> checked(std::vector<Delivered> delivered) const {
        if (!delivered.empty()) return delivered;
        if (auto takes = check(); !takes) return tl::unexpected(takes.error());
        return delivered;
    }

    void pass_over(const Message& message) {
        Delivered one{message.key, message.number, {}, 0, -1};
        one.refused = std::make_shared<const Error>(Error{last_error_, std::string(kReported), std::nullopt});
        passed_over_.push_back(std::move(one));
    }

    std::vector<Target> targets_;
    std::vector<Delivered> passed_over_;
    DeliveryContext context_;
    Router router_;
    Message message_;
    Target* chosen_ = nullptr;  // of the message on its way
    Errc last_error_ = Errc::io;
};

}  // namespace

Result<std::unique_ptr<Delivery>> make_routed_delivery(const Destinations& destinations,
                                                       const DeliveryContext& context) {
    std::vector<Target> targets;
    targets.push_back({*destinations.main, {}});
    const auto add = [&targets](const Location& location, bool is_routed_to) {
        const auto same = [&location](const Target& target) { return target.location == location; };
        const auto found = std::find_if(targets.begin(), targets.end(), same);
        if (found != targets.end()) return static_cast<std::size_t>(found - targets.begin());
        targets.push_back({location, encode(location), is_routed_to});
        return targets.size() - 1;
    };
    std::vector<Router::Rule> rules;
    for (const Route& route : destinations.routes)
        rules.push_back({route.query, add(route.destination, true)});
    for (const std::string& place : context.state.pending_places()) {
        if (const auto location = parse_destination(place)) add(*location, false);
    }
    auto delivery = std::make_unique<RoutedDelivery>(std::move(targets), std::move(rules), context);
    if (auto opened = delivery->open(); !opened) return tl::unexpected(opened.error());
    return delivery;
}

}  // namespace mailpipe::app

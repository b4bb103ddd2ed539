#include "mailpipe/email/thread_forest.hpp"

#include <algorithm>

namespace mailpipe::email {

ThreadForest::ThreadForest(const std::vector<ThreadFacts>& messages) : messages_(messages) {
    links_.reserve(messages.size());
    for (std::size_t i = 0; i < messages.size(); ++i)
        link_references(i);
}

std::vector<ThreadEntry> ThreadForest::take() {
    gather();
    prune();
    sort_roots();
    merge_subjects();
    sort_all();
    std::vector<ThreadEntry> entries;
    entries.reserve(links_.size());
    std::vector<std::pair<Node, std::size_t>> open;  // the next one is the last
    for (auto root = roots_.rbegin(); root != roots_.rend(); ++root)
        open.emplace_back(*root, 0);
    while (!open.empty()) {
        const auto [node, depth] = open.back();
        open.pop_back();
        entries.push_back({links_[node].message, depth});
        for (auto child = children_[node].rbegin(); child != children_[node].rend(); ++child)
            open.emplace_back(*child, depth + 1);
    }
    return entries;
}

ThreadForest::Node ThreadForest::add_node(std::size_t message) {
    links_.push_back({message, kNone, 0});
    return links_.size() - 1;
}

ThreadForest::Node ThreadForest::node_of(std::string_view message_id) {
    const auto found = by_id_.find(message_id);
    if (found != by_id_.end()) return found->second;
    const Node node = add_node(ThreadEntry::kNoMessage);
    by_id_.emplace(message_id, node);
    return node;
}

// A node without children is above nothing: the usual case, which costs no walk.
bool ThreadForest::makes_loop(Node parent, Node child) const {
    if (parent == child) return true;
    if (links_[child].children == 0) return false;
    for (Node above = links_[parent].parent; above != kNone; above = links_[above].parent) {
        if (above == child) return true;
    }
    return false;
}

void ThreadForest::unlink(Node child) {
    if (links_[child].parent != kNone) --links_[links_[child].parent].children;
    links_[child].parent = kNone;
}

void ThreadForest::link(Node parent, Node child) {
    links_[child].parent = parent;
    ++links_[parent].children;
}

void ThreadForest::link_references(std::size_t message) {
    const ThreadFacts& facts = messages_[message];
    Node current = kNone;
    if (!facts.message_id.empty()) current = node_of(facts.message_id);
    // A Message-ID that another message has already names only that one.
    if (current == kNone || !is_dummy(current)) {
        current = add_node(message);
    } else {
        links_[current].message = message;
    }
    Node before = kNone;
    for (const std::string& reference : facts.references) {
        const Node node = node_of(reference);
        if (before != kNone && links_[node].parent == kNone && !makes_loop(before, node)) link(before, node);
        before = node;
    }
    // A parent that it has by now comes from the References of others, which may have been cut: its own counts.
    unlink(current);
    if (before != kNone && !makes_loop(before, current)) link(before, current);
}

void ThreadForest::gather() {
    children_.resize(links_.size());
    for (Node node = 0; node < links_.size(); ++node) {
        auto& siblings = links_[node].parent == kNone ? roots_ : children_[links_[node].parent];
        siblings.push_back(node);
    }
}

std::vector<ThreadForest::Node> ThreadForest::top_down() const {
    std::vector<Node> nodes = roots_;
    for (std::size_t i = 0; i < nodes.size(); ++i)
        nodes.insert(nodes.end(), children_[nodes[i]].begin(), children_[nodes[i]].end());
    return nodes;
}

void ThreadForest::prune() {
    const std::vector<Node> nodes = top_down();
    // From the leaves up: the children of a dummy take its place.
    for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
        std::vector<Node> kept;
        for (const Node child : children_[*node]) {
            if (!is_dummy(child)) {
                kept.push_back(child);
                continue;
            }
            // The longer list takes the shorter one, or a chain of dummies would copy what hangs from its end
            // at each link; the order comes later.
            std::vector<Node>& promoted = children_[child];
            if (promoted.size() > kept.size()) kept.swap(promoted);
            kept.insert(kept.end(), promoted.begin(), promoted.end());
            promoted.clear();
        }
        children_[*node] = std::move(kept);
    }
    // A dummy at the root stays when it holds several together.
    std::vector<Node> kept;
    for (const Node root : roots_) {
        if (!is_dummy(root) || children_[root].size() > 1) {
            kept.push_back(root);
        } else if (!children_[root].empty()) {
            kept.push_back(children_[root].front());
        }
    }
    roots_ = std::move(kept);
}

const ThreadFacts& ThreadForest::facts(Node node) const {
    return messages_[links_[is_dummy(node) ? children_[node].front() : node].message];
}

ThreadForest::When ThreadForest::when(Node node) const {
    const std::size_t message = links_[is_dummy(node) ? children_[node].front() : node].message;
    return {messages_[message].sent, message};
}

void ThreadForest::sort_siblings(std::vector<Node>& siblings) {
    std::sort(siblings.begin(), siblings.end(), [this](Node a, Node b) { return when(a) < when(b); });
}

void ThreadForest::sort_roots() {
    for (const Node root : roots_) {
        if (is_dummy(root)) sort_siblings(children_[root]);
    }
    sort_siblings(roots_);
}

void ThreadForest::merge_subjects() {
    std::unordered_map<std::string_view, Node> table;
    for (const Node root : roots_) {
        const ThreadFacts& thread = facts(root);
        if (thread.subject.empty()) continue;
        const auto [known, is_new] = table.emplace(thread.subject, root);
        if (is_new || is_dummy(known->second)) continue;
        const bool better =
            is_dummy(root) || (facts(known->second).reply_or_forward && !thread.reply_or_forward);
        if (better) known->second = root;
    }
    merged_.resize(links_.size());
    for (const Node root : std::vector<Node>(roots_)) {
        if (merged_[root] || facts(root).subject.empty()) continue;
        Node& in_table = table.at(facts(root).subject);
        if (in_table != root) merge(root, in_table);
    }
    roots_.erase(std::remove_if(roots_.begin(), roots_.end(), [this](Node root) { return merged_[root]; }),
                 roots_.end());
}

void ThreadForest::merge(Node current, Node& in_table) {
    auto& siblings = children_[in_table];
    merged_[current] = true;
    if (is_dummy(in_table) && is_dummy(current)) {
        siblings.insert(siblings.end(), children_[current].begin(), children_[current].end());
    } else if (is_dummy(in_table) || (facts(current).reply_or_forward && !facts(in_table).reply_or_forward)) {
        siblings.push_back(current);
    } else {
        const Node together = add_node(ThreadEntry::kNoMessage);
        children_.push_back({in_table, current});
        merged_[in_table] = true;
        merged_.push_back(false);
        roots_.push_back(together);
        in_table = together;
    }
}

void ThreadForest::sort_all() {
    const std::vector<Node> nodes = top_down();
    for (auto node = nodes.rbegin(); node != nodes.rend(); ++node)
        sort_siblings(children_[*node]);
    sort_siblings(roots_);
}

}  // namespace mailpipe::email

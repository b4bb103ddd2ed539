#pragma once

#include <cstddef>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "mailpipe/email/thread.hpp"

namespace mailpipe::email {

// REFERENCES of RFC 5256 section 3, whose steps the members are. Nodes are messages, and dummies for messages
// that others refer to and that are not there.
class ThreadForest {
 public:
    explicit ThreadForest(const std::vector<ThreadFacts>& messages);
    std::vector<ThreadEntry> take();

 private:
    using Node = std::size_t;
    static constexpr Node kNone = SIZE_MAX;
    using When = std::pair<std::int64_t, std::size_t>;  // sent date, then the order of the mailbox

    struct Link {
        std::size_t message = ThreadEntry::kNoMessage;
        Node parent = kNone;
        std::size_t children = 0;  // how many have it for a parent
    };

    Node add_node(std::size_t message);
    Node node_of(std::string_view message_id);
    bool makes_loop(Node parent, Node child) const;
    void unlink(Node child);
    void link(Node parent, Node child);

    void link_references(std::size_t message);  // 1
    void gather();                              // 2
    void prune();                               // 3
    void sort_roots();                          // 4
    void merge_subjects();                      // 5
    void merge(Node current, Node& in_table);
    void sort_all();  // 6

    bool is_dummy(Node node) const { return links_[node].message == ThreadEntry::kNoMessage; }
    // Of a dummy, those of its first child: dummies have children, which are messages and sorted.
    const ThreadFacts& facts(Node node) const;
    When when(Node node) const;
    void sort_siblings(std::vector<Node>& siblings);
    std::vector<Node> top_down() const;  // all nodes that hang from the roots, parents first

    const std::vector<ThreadFacts>& messages_;
    std::vector<Link> links_;
    std::unordered_map<std::string_view, Node> by_id_;
    std::vector<std::vector<Node>> children_;
    std::vector<Node> roots_;
    std::vector<bool> merged_;  // roots that hang from another root, or whose children do
};

}  // namespace mailpipe::email

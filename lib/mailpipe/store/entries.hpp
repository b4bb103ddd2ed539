#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mailpipe::store {

// Flags of a message, as JMAP keywords in lower case ("$seen", "$answered", "$flagged", "$draft", "$forwarded",
// "$deleted") and others as they are.
using Keywords = std::vector<std::string>;

struct Entry {
    std::string id;  // Maildir: name before the colon; mbox: decimal offset
    Keywords keywords;
    std::optional<std::uint64_t> size;         // CRLF octets, when known without reading the message
    std::optional<std::time_t> received_at{};  // when known without opening it
    std::size_t row{};                         // where its table has it
};

// The messages of a mailbox as it was at one moment, in the order of their arrival. Cheap to copy: all copies
// share one table, which holds a few octets beside the name of each message and makes each Entry when it is
// asked for it. Any number of threads may ask at once.
class Entries {
 public:
    class Table {
     public:
        Table() = default;
        Table(const Table&) = delete;
        Table& operator=(const Table&) = delete;
        virtual ~Table() = default;
        virtual std::size_t size() const = 0;
        virtual Entry entry(std::size_t index) const = 0;
        // The same in the memory of another entry.
        virtual void get(std::size_t index, Entry& entry) const { entry = this->entry(index); }
        // Of the entry with this id.
        virtual std::optional<std::size_t> find(std::string_view id) const = 0;
    };

    explicit Entries(std::shared_ptr<const Table> table) : table_(std::move(table)) {}

    std::size_t size() const { return table_->size(); }
    bool empty() const { return size() == 0; }
    Entry operator[](std::size_t index) const { return table_->entry(index); }
    void get(std::size_t index, Entry& entry) const { table_->get(index, entry); }
    std::optional<Entry> find(std::string_view id) const {
        const auto index = table_->find(id);
        return index ? std::optional(table_->entry(*index)) : std::nullopt;
    }

    class Iterator {
     public:
        Iterator(const Table* table, std::size_t index) : table_(table), index_(index) {}
        Entry operator*() const { return table_->entry(index_); }
        Iterator& operator++() {
            ++index_;
            return *this;
        }
        bool operator==(const Iterator&) const = default;

     private:
        const Table* table_;
        std::size_t index_;
    };
    Iterator begin() const { return {table_.get(), 0}; }
    Iterator end() const { return {table_.get(), size()}; }

 private:
    std::shared_ptr<const Table> table_;
};

}  // namespace mailpipe::store

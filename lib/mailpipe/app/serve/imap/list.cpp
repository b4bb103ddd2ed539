#include <algorithm>
#include <set>

#include "mailpipe/app/serve/imap/commands.hpp"
#include "mailpipe/app/serve/imap/list_pattern.hpp"
#include "mailpipe/imap/server/write_response.hpp"

namespace mailpipe::app::serve {
namespace {

namespace proto = imap::server;
using Listed = MailboxNames::Listed;

class Lister {
 public:
    Lister(Work& work, const proto::List& command) : work_(work), command_(command) {}

    Outcome run() {
        const bool others =
            std::any_of(command_.patterns.begin(), command_.patterns.end(),
                        [&](const auto& pattern) { return may_match_others(command_.reference + pattern); });
        auto listed = work_.state.names.list(others);
        if (!listed) return refusal_of(listed.error());
        all_ = std::move(*listed);
        for (const Listed& one : all_)
            if (one.info.subscribed) add_parents(one.info.name);
        std::set<std::string> implied;
        for (const Listed& one : all_) {
            if (!matches(one.info.name)) {
                if (command_.is_lsub && one.info.subscribed) imply_parent(one.info.name, implied);
                continue;
            }
            if (auto written = consider(one); !written) return refusal_of(written.error());
        }
        for (const std::string& name : implied)
            write_line({"\\Noselect"}, name, "");
        return done("That is all");
    }

 private:
    // What a name below "Other Users/" could match, before anything is read of others.
    static bool may_match_others(std::string_view pattern) {
        // "%" stops at "/": it does not reach below.
        const bool one_level =
            pattern.find('*') == std::string_view::npos && pattern.find('/') == std::string_view::npos;
        if (one_level) return false;
        const std::size_t fixed = std::min(pattern.find_first_of("*%"), pattern.size());
        const std::size_t common = std::min(fixed, kOtherUsers.size());
        return pattern.substr(0, common) == kOtherUsers.substr(0, common) &&
               (fixed < pattern.size() || fixed >= kOtherUsers.size());
    }

    bool matches(const std::string& name) const {
        return std::any_of(command_.patterns.begin(), command_.patterns.end(), [&](const auto& pattern) {
            return matches_list_pattern(command_.reference + pattern, name);
        });
    }

    void add_parents(const std::string& name) {
        for (std::size_t slash = name.rfind('/'); slash != std::string::npos && slash > 0;
             slash = name.rfind('/', slash - 1))
            above_subscribed_.insert(name.substr(0, slash));
    }

    // RFC 3501 section 6.3.9: "%" names the parent of a mailbox that is subscribed and deeper.
    void imply_parent(const std::string& name, std::set<std::string>& implied) const {
        for (std::size_t slash = name.rfind('/'); slash != std::string::npos && slash > 0;
             slash = name.rfind('/', slash - 1)) {
            const std::string parent = name.substr(0, slash);
            const auto is_it = [&](const Listed& one) {
                return one.info.name == parent && one.info.subscribed;
            };
            if (matches(parent) && std::none_of(all_.begin(), all_.end(), is_it)) implied.insert(parent);
        }
    }

    Result<void> consider(const Listed& one) {
        const index::MailboxInfo& info = one.info;
        const bool subscribed_only = command_.only_subscribed || command_.is_lsub;
        const bool child_info = command_.recursive_match && above_subscribed_.contains(info.name);
        const bool is_parent_only = subscribed_only && !info.subscribed;
        if (is_parent_only && !child_info) return {};
        if (command_.only_special_use && info.special_use.empty()) return {};
        // Only subscribed: it is nowhere else.
        if (!info.exists && !info.has_children && !subscribed_only) return {};
        std::vector<std::string> attributes;
        if (!info.exists) {
            attributes.emplace_back("\\Noselect");
            if (command_.extended || work_.enabled.rev2) attributes[0] = "\\NonExistent";
        }
        if (!command_.is_lsub) attributes.emplace_back(info.has_children ? "\\HasChildren" : "\\HasNoChildren");
        if (info.subscribed && (command_.subscribed || command_.only_subscribed))
            attributes.emplace_back("\\Subscribed");
        if (!command_.is_lsub)
            attributes.insert(attributes.end(), info.special_use.begin(), info.special_use.end());
        write_line(attributes, info.name, child_info ? " (\"CHILDINFO\" (\"SUBSCRIBED\"))" : "");
        // RFC 5819 section 4: of what the selection does not mean itself, nothing more is told.
        return info.exists && !is_parent_only ? write_more(one) : Result<void>{};
    }

    Result<void> write_more(const Listed& one) {
        const std::string& name = one.info.name;
        if (command_.my_rights) {
            work_.out += "* MYRIGHTS ";
            proto::write_mailbox(work_.out, name, work_.enabled.utf8);
            work_.out.append(" ").append(one.rights.letters()).append("\r\n");
        }
        if (command_.status.empty() && command_.metadata.empty()) return {};
        auto place = work_.state.names.find(name);
        // Deleted meanwhile.
        if (!place || !place->rights.read()) return {};
        if (!command_.metadata.empty()) {
            if (auto written = write_metadata(work_, *place, name, command_.metadata); !written) return written;
        }
        if (command_.status.empty()) return {};
        auto written = write_status(work_, *place, name, command_.status);
        return written || written.error().kind == Errc::not_found ? Result<void>{} : written;
    }

    void write_line(const std::vector<std::string>& attributes, const std::string& name,
                    std::string_view extended) {
        std::string& out = work_.out;
        out += command_.is_lsub ? "* LSUB " : "* LIST ";
        proto::write_flags(out, attributes);
        out += " \"/\" ";
        proto::write_mailbox(out, name, work_.enabled.utf8);
        out.append(extended).append("\r\n");
    }

    Work& work_;
    const proto::List& command_;
    std::vector<Listed> all_;
    std::set<std::string> above_subscribed_;
};

}  // namespace

Outcome on_list(Work& work, const proto::List& command) {
    // RFC 3501 section 6.3.8: an empty pattern asks for the delimiter.
    if (!command.extended && !command.is_lsub && command.patterns == std::vector<std::string>{""}) {
        work.out += "* LIST (\\Noselect) \"/\" \"\"\r\n";
        return done("That is the delimiter");
    }
    return Lister(work, command).run();
}

Outcome on_namespace(Work& work) {
    work.out += "* NAMESPACE ((\"\" \"/\")) ((";
    proto::write_string(work.out, kOtherUsers);
    work.out += " \"/\")) NIL\r\n";
    return done("Those are the namespaces");
}

}  // namespace mailpipe::app::serve

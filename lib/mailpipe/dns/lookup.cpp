#include "mailpipe/dns/lookup.hpp"

#include <algorithm>
#include <utility>

namespace mailpipe::dns {
namespace {

Result<Answer> believable(Resolver& resolver, const std::string& name, Type type) {
    auto answer = resolver.query(name, type);
    if (answer && answer->outcome == Answer::Outcome::bogus) {
        return fail(Errc::temporary, "DNSSEC: the " + std::string(type_name(type)) + " records of " + name +
                                         " cannot be believed: " + answer->problem);
    }
    return answer;
}

template <class T, class Parse>
Result<Records<T>> lookup(Resolver& resolver, const std::string& name, Type type, const Parse& parse) {
    auto answer = believable(resolver, name, type);
    if (!answer) return tl::unexpected(answer.error());
    Records<T> found;
    found.no_name = answer->outcome == Answer::Outcome::no_name;
    found.security = answer->security;
    found.name = std::move(answer->name);
    for (const std::string& rdata : answer->rdata) {
        auto record = parse(rdata);
        if (record) {
            found.records.push_back(std::move(*record));
        } else if (type == Type::tlsa || answer->rdata.size() == 1) {
            return fail(Errc::protocol, "DNS: " + name + ": " + record.error().message);
        }
    }
    if (found.records.empty() && !answer->rdata.empty()) {
        return fail(Errc::protocol,
                    "DNS: " + name + ": only malformed " + std::string(type_name(type)) + " records");
    }
    return found;
}

Result<Records<std::string>> lookup_family(Resolver& resolver, const std::string& host, Type type) {
    return lookup<std::string>(resolver, host, type,
                               [type](const std::string& rdata) { return parse_address(type, rdata); });
}

// bogus never comes here.
Security worse(Security a, Security b) {
    return std::min(a, b);
}

}  // namespace

Result<Records<Mx>> lookup_mx(Resolver& resolver, const std::string& domain) {
    return lookup<Mx>(resolver, domain, Type::mx, parse_mx);
}

Result<Records<Srv>> lookup_srv(Resolver& resolver, const std::string& name) {
    return lookup<Srv>(resolver, name, Type::srv, parse_srv);
}

Result<Records<std::string>> lookup_txt(Resolver& resolver, const std::string& name) {
    return lookup<std::string>(resolver, name, Type::txt, parse_txt);
}

Result<Records<Tlsa>> lookup_tlsa(Resolver& resolver, const std::string& name) {
    return lookup<Tlsa>(resolver, name, Type::tlsa, parse_tlsa);
}

Result<Records<std::string>> lookup_addresses(Resolver& resolver, const std::string& host, Families families) {
    std::vector<Result<Records<std::string>>> answers;
    if (families.ipv6) answers.push_back(lookup_family(resolver, host, Type::aaaa));
    if (families.ipv4) answers.push_back(lookup_family(resolver, host, Type::a));
    Records<std::string> found;
    std::optional<Error> error;
    std::size_t most = 0;
    bool is_first = true;
    for (const auto& answer : answers) {
        if (!answer) {
            error = answer.error();
            continue;
        }
        found.security = is_first ? answer->security : worse(found.security, answer->security);
        found.no_name = found.no_name || answer->no_name;
        found.name = answer->name;
        most = std::max(most, answer->records.size());
        is_first = false;
    }
    for (std::size_t i = 0; i < most; ++i) {
        for (const auto& answer : answers) {
            if (answer && i < answer->records.size()) found.records.push_back(answer->records[i]);
        }
    }
    if (found.records.empty() && error) return tl::unexpected(*error);
    return found;
}

}  // namespace mailpipe::dns

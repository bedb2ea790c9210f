// Tables that are made from others: they answer as if they were made from scratch.
#include "source/route/route_table_edit.h"

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "test/route/route_sample.h"

namespace sluice {
namespace {

using Host = std::shared_ptr<const VirtualHost>;

Host ReadHost(const RouteTable& table, const std::string& text) {
  envoy::config::route::v3::VirtualHost proto;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &proto)) << text;
  ConfigErrors errors;
  Host host = ParseVirtualHost(proto, table.rules(), FieldScope(errors));
  EXPECT_EQ(errors.ToString(), "");
  return host;
}

// A virtual host that answers on these domains, with a route of this name to this cluster.
std::string HostText(const std::string& name, const std::vector<std::string>& domains,
                     const std::string& route, const std::string& cluster = "c") {
  return absl::StrCat("name: '", name, "' domains: '", absl::StrJoin(domains, "' domains: '"),
                      "' routes { name: '", route, "' match { prefix: '/' } route { cluster: '",
                      cluster, "' } }");
}

std::string Find(const RouteTable& table, const std::string& host) {
  return RouteName(table, TestRequest("/", host).headers);
}

std::shared_ptr<const RouteTable> With(const RouteTable& table, Host host) {
  RouteTableEdit edit(table);
  EXPECT_TRUE(edit.Conflicts(*host).empty());
  EXPECT_TRUE(edit.Add(std::move(host)).empty());
  return std::move(edit).Finish();
}

TEST(RouteTableEdit, AddsAndTheTableBeforeStaysAsItIs) {
  const auto before =
      ReadRouteTable(absl::StrCat("virtual_hosts { ", HostText("a", {"a.com"}, "1"), " }"));
  const auto after =
      With(*before, ReadHost(*before, HostText("b", {"b.com", "*.b.com"}, "2", "d")));
  EXPECT_EQ(Find(*after, "a.com"), "1");
  EXPECT_EQ(Find(*after, "x.b.com"), "2");
  EXPECT_EQ(Find(*before, "b.com"), "no virtual host");
  EXPECT_EQ(after->clusters(), (std::vector<std::string>{"c", "d"}));
  EXPECT_EQ(before->clusters(), std::vector<std::string>{"c"});
  EXPECT_EQ(after->FindVirtualHost("a"), before->FindVirtualHost("a"));
}

TEST(RouteTableEdit, RemovesWithAllThatWasOnlyThere) {
  const auto both = ReadRouteTable(
      absl::StrCat("virtual_hosts { ", HostText("a", {"a.com", "*"}, "1"), " } virtual_hosts { ",
                   HostText("b", {"b.*", "*.b.com"}, "2", "d"), " }"));
  RouteTableEdit edit(*both);
  edit.Remove(*both->FindVirtualHost("b"));
  const auto one = std::move(edit).Finish();
  EXPECT_EQ(Find(*one, "b.org"), "1");
  EXPECT_EQ(Find(*one, "x.b.com"), "1");
  EXPECT_EQ(one->clusters(), std::vector<std::string>{"c"});
  EXPECT_EQ(one->FindVirtualHost("b"), nullptr);
  RouteTableEdit last(*one);
  last.Remove(*one->FindVirtualHost("a"));
  EXPECT_EQ(Find(*std::move(last).Finish(), "a.com"), "no virtual host");
}

TEST(RouteTableEdit, SaysWhatStandsAgainstAVirtualHost) {
  const auto table = ReadRouteTable(
      absl::StrCat("virtual_hosts { ", HostText("a", {"a.com", "*.a.com"}, "1"), " }"));
  RouteTableEdit edit(*table);
  const auto said = [&](const std::string& name, const std::vector<std::string>& domains) {
    const Host host = ReadHost(*table, HostText(name, domains, "2"));
    ConfigErrors errors;
    for (const HostConflict& conflict : edit.Conflicts(*host)) {
      ReportConflict(*host, conflict, FieldScope(errors));
    }
    return errors.ToString();
  };
  const std::string hint = "; a domain belongs to one virtual host, once; case does not count\n";
  EXPECT_EQ(said("b", {"b.com"}), "");
  EXPECT_EQ(said("a", {"b.com"}), "name: \"a\" is taken by another virtual host\n");
  EXPECT_EQ(said("b", {"b.com", "*.A.com"}),
            "domains[1]: \"*.A.com\" is there already, in the virtual host \"a\"" + hint);
  EXPECT_EQ(said("b", {"b.com", "B.com"}), "domains[1]: \"B.com\" is there already" + hint);
  EXPECT_EQ(said("b", {"*.b.*"}),
            "domains[0]: \"*.b.*\" is no domain; '*' stands alone, first (*.example.com) or last "
            "(example.*)\n");
}

TEST(RouteTableEdit, AVirtualHostOutlivesTheTableThatItCameWith) {
  auto first = ReadRouteTable(absl::StrCat(
      "request_headers_to_add { header { key: 'x-of' value: 'table' } } virtual_hosts { ",
      HostText("a", {"a.com"}, "1"), " }"));
  const auto second = With(*first, ReadHost(*first, HostText("b", {"b.com"}, "2")));
  first.reset();
  const TestRequest request("/", "a.com");
  const RouteMatch match = second->Match(request.headers, false, 0);
  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(match.route->request_edits.size(), 1u);
}

TEST(RouteTableEdit, NamesWhatIsOtherThanBefore) {
  std::string text;
  for (int i = 0; i < 1000; ++i) {
    absl::StrAppend(&text, "virtual_hosts { ",
                    HostText(absl::StrCat("h", i), {absl::StrCat(i, ".com")}, "r"), " }\n");
  }
  const auto before = ReadRouteTable(text);
  RouteTableEdit edit(*before);
  edit.Remove(*before->FindVirtualHost("h7"));
  edit.Remove(*before->FindVirtualHost("h8"));
  edit.Add(ReadHost(*before, HostText("h8", {"8.org"}, "r", "d")));
  edit.Add(ReadHost(*before, HostText("new", {"7.com"}, "r", "c")));
  const auto after = std::move(edit).Finish();
  std::map<std::string, bool> others;
  after->ForEachOther(*before, [&](const Host& host, const VirtualHost* old) {
    others[host->name] = old != nullptr;
  });
  EXPECT_EQ(others, (std::map<std::string, bool>{{"h8", true}, {"new", false}}));
  std::set<std::string> gone;
  before->ForEachOther(*after,
                       [&](const Host& host, const VirtualHost*) { gone.insert(host->name); });
  EXPECT_EQ(gone, (std::set<std::string>{"h7", "h8"}));
  const auto any = [](const std::string&) { return true; };
  EXPECT_TRUE(after->AnyNewCluster(*before, any));
  EXPECT_FALSE(before->AnyNewCluster(*after, any));
}

// Any edits of any seed: as if what there is now had been read at once.
TEST(RouteTableEdit, AnswersAsATableMadeFromScratch) {
  for (uint32_t seed = 1; seed <= 30; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&](uint32_t bound) { return random() % bound; };
    const auto domain = [&] {
      const std::string n = absl::StrCat(below(300));
      switch (below(5)) {
        case 0:
          return absl::StrCat("*.", n, ".com");
        case 1:
          return absl::StrCat("www.", n, ".*");
        case 2:
          return std::string(below(20) == 0 ? "*" : "*-" + n + ".org");
        default:
          return absl::StrCat("www.", n, ".com");
      }
    };
    std::map<std::string, std::string> texts;
    auto table = ReadRouteTable("");
    for (int step = 0; step < 40; ++step) {
      RouteTableEdit edit(*table);
      for (uint32_t change = below(12); change > 0; --change) {
        const std::string name = absl::StrCat("h", below(150));
        const VirtualHost* const there = edit.Find(name);
        ASSERT_EQ(there != nullptr, texts.contains(name));
        if (there != nullptr) {
          edit.Remove(*there);
          texts.erase(name);
          if (below(3) == 0) continue;
        }
        std::vector<std::string> domains;
        for (uint32_t i = 0; i <= below(4); ++i) domains.push_back(domain());
        const std::string text = HostText(name, domains, absl::StrCat(name, "-", step, "-", change),
                                          absl::StrCat("c", below(40)));
        const Host host = ReadHost(*table, text);
        if (!edit.Conflicts(*host).empty()) continue;
        EXPECT_TRUE(edit.Add(host).empty());
        texts[name] = text;
      }
      table = std::move(edit).Finish();
    }
    std::string all;
    for (const auto& [name, text] : texts) absl::StrAppend(&all, "virtual_hosts { ", text, " }\n");
    const auto scratch = ReadRouteTable(all);
    ASSERT_NE(scratch, nullptr) << seed;
    EXPECT_EQ(table->clusters(), scratch->clusters()) << seed;
    EXPECT_EQ(table->virtual_hosts(), texts.size()) << seed;
    for (int i = 0; i < 300; ++i) {
      for (const std::string& host :
           {absl::StrCat("www.", i, ".com"), absl::StrCat("x.", i, ".com"),
            absl::StrCat("www.", i, ".net"), absl::StrCat("x-", i, ".org"), std::string("none")}) {
        ASSERT_EQ(Find(*table, host), Find(*scratch, host)) << seed << " " << host;
      }
    }
  }
}

}  // namespace
}  // namespace sluice

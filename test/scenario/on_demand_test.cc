// Requests that wait for their virtual host (the on_demand filter, over VHDS).
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "envoy/config/route/v3/route_components.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "test/scenario/told_proxy.h"

namespace sluice {
namespace {

using std::chrono::seconds;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

using Item = FakeControlPlane::Item;

// A proxy whose table "routes" has the virtual host "routes/base", for the domain "base", and a
// control plane that knows of others, and tells them when it is told to.
class OnDemand : public testing::Test {
 protected:
  void Start(const std::string& vhds = "config_source: { ads: {} }", const std::string& more = "") {
    for (const int host : {0, 1}) {
      const std::string name = host == 0 ? "users" : "others";
      proxy_.SetCluster(name);
      proxy_.SetEndpoints(name, {host});
      proxy_.Host(host, H1Answer::Of(200, name));
    }
    proxy_.Set(kRouteType, "routes", absl::StrCat("name: routes\nvhds: { ", vhds, " }\n", more));
    proxy_.Set(kVirtualHostType, "routes/base", HostYaml("routes/base", "base", "users"));
    proxy_.Set(kListenerType, "web",
               "name: web\naddress: { socket_address: { address: 10.9.9.9, port_value: 80 } }\n"
               "filter_chains:\n- filters:\n  - name: http\n    typed_config:\n"
               "      \"@type\": type.googleapis.com/envoy.extensions.filters.network."
               "http_connection_manager.v3.HttpConnectionManager\n      stat_prefix: test\n"
               "      rds: { route_config_name: routes, config_source: { ads: {} } }\n"
               "      http_filters:\n      - name: on_demand\n        typed_config: { \"@type\": "
               "type.googleapis.com/envoy.extensions.filters.http.on_demand.v3.OnDemand }\n"
               "      - name: router\n        typed_config: { \"@type\": "
               "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }\n");
    proxy_.Start();
    TakeAsked();
  }
  static std::string HostYaml(const std::string& name, const std::string& domains,
                              const std::string& cluster) {
    return absl::StrCat("name: ", name, "\ndomains: [", domains,
                        "]\nroutes: [{ match: { prefix: / }, route: { cluster: ", cluster,
                        " } }]\n");
  }
  // As the control plane has it.
  Item HostItem(const std::string& name, const std::string& domain,
                const std::vector<std::string>& aliases, const std::string& cluster = "others") {
    envoy::config::route::v3::VirtualHost proto;
    proto.set_name(name);
    proto.add_domains(domain);
    auto& route = *proto.add_routes();
    route.mutable_match()->set_prefix("/");
    route.mutable_route()->set_cluster(cluster);
    Item item{.name = name, .version = absl::StrCat(++versions_), .aliases = aliases};
    item.body.PackFrom(proto);
    return item;
  }
  void Tell(std::vector<Item> items, std::vector<std::string> removed = {}) {
    proxy_.control_plane().Send({.type = &kVirtualHostType,
                                 .version = "1",
                                 .resources = std::move(items),
                                 .removed = std::move(removed)});
    proxy_.Run();
  }
  // Of the names of virtual hosts, "+" and "-", since this was last called.
  std::vector<std::string> TakeAsked() {
    std::vector<std::string> asked;
    for (const std::string& request : proxy_.control_plane().TakeRequests()) {
      if (!request.starts_with("VirtualHost ")) continue;
      for (const char sign : {'+', '-'}) {
        const size_t from = request.find(absl::StrCat(std::string(1, sign), "["));
        if (from == std::string::npos) continue;
        asked.push_back(request.substr(from, request.find(']') + 1 - from));
      }
    }
    return asked;
  }
  H1Client& Send(const std::string& host, const std::string& body = "") {
    H1Client& client = proxy_.Client();
    client.Send(absl::StrCat(
        body.empty() ? "GET" : "POST", " / HTTP/1.1\r\nhost: ", host,
        body.empty() ? std::string() : absl::StrCat("\r\ncontent-length: ", body.size()),
        "\r\n\r\n", body));
    proxy_.Run();
    return client;
  }
  // Who has answered, or the status, or "" while there is no answer.
  static std::string Answer(const H1Client& client) {
    if (client.responses().empty()) return "";
    const H1Message& response = client.response(0);
    return response.status() == 200 ? response.body : absl::StrCat(response.status());
  }

  ToldProxy proxy_{Wire::kDelta};
  int versions_ = 0;
};

TEST_F(OnDemand, ARequestWaitsForItsVirtualHost) {
  Start();
  H1Client& client = Send("A.com");
  EXPECT_THAT(TakeAsked(), ElementsAre("+[routes/a.com]"));
  EXPECT_EQ(Answer(client), "");
  EXPECT_EQ(Answer(Send("base")), "users");  // who has one does not wait
  Tell({HostItem("routes/one", "a.com", {"routes/a.com"})});
  EXPECT_EQ(Answer(client), "others");
  EXPECT_EQ(Answer(Send("a.com")), "others");
  EXPECT_THAT(TakeAsked(), IsEmpty());
}

TEST_F(OnDemand, ByTheNameThatWasAskedForOrByNoneAtAll) {
  Start();
  H1Client &first = Send("a.com"), &second = Send("b.com");
  EXPECT_THAT(TakeAsked(), ElementsAre("+[routes/a.com]", "+[routes/b.com]"));
  Tell({HostItem("routes/a.com", "a.com", {})});
  EXPECT_EQ(Answer(first), "others");
  EXPECT_EQ(Answer(second), "");
  Tell({HostItem("routes/all", "\"*.com\"", {}), HostItem("routes/b", "b.com", {})});
  EXPECT_EQ(Answer(second), "others");
}

TEST_F(OnDemand, RequestsOnAllWorkersWaitForOneAnswer) {
  Start();
  std::vector<H1Client*> clients;
  for (int i = 0; i < 6; ++i) clients.push_back(&Send("a.com", i % 2 == 0 ? "" : "body"));
  EXPECT_THAT(TakeAsked(), ElementsAre("+[routes/a.com]"));
  Tell({HostItem("routes/a.com", "a.com", {})});
  for (const H1Client* client : clients) EXPECT_EQ(Answer(*client), "others");
}

TEST_F(OnDemand, AHostThatTheControlPlaneDoesNotKnowIsNotFound) {
  Start();
  H1Client& client = Send("a.com");
  Item none{.name = "routes/a.com", .version = "", .aliases = {"routes/a.com"}};
  Tell({none});
  EXPECT_EQ(Answer(client), "404");
  EXPECT_EQ(proxy_.Stat("http.test.no_route"), 1);
  TakeAsked();
  // It is not asked again for every request.
  EXPECT_EQ(Answer(Send("a.com")), "404");
  EXPECT_THAT(TakeAsked(), IsEmpty());
  proxy_.Advance(seconds(6));
  EXPECT_THAT(TakeAsked(), ElementsAre("-[routes/a.com]"));
  H1Client& later = Send("a.com");
  EXPECT_EQ(Answer(later), "");
  EXPECT_THAT(TakeAsked(), ElementsAre("+[routes/a.com]"));
  Tell({}, {"routes/a.com"});
  EXPECT_EQ(Answer(later), "404");
}

TEST_F(OnDemand, AnAnswerUnderAnotherNameThatHasAnAliasIsOne) {
  Start();
  H1Client& client = Send("a.com");
  Tell({{.name = "routes/cannot-resolve", .version = "", .aliases = {"routes/a.com"}}});
  EXPECT_EQ(Answer(client), "404");
}

TEST_F(OnDemand, ARefusedVirtualHostIsNotWaitedFor) {
  Start();
  H1Client& client = Send("a.com");
  Tell({HostItem("routes/a.com", "base", {})});  // whose domain is taken
  EXPECT_EQ(Answer(client), "404");
  EXPECT_EQ(proxy_.TakeRefusals().size(), 1u);
  EXPECT_EQ(Answer(Send("base")), "users");
}

TEST_F(OnDemand, AnAnswerThatComesTooLateIsForTheNextRequest) {
  Start("config_source: { ads: {}, initial_fetch_timeout: 3s }");
  H1Client& client = Send("a.com");
  proxy_.Advance(seconds(2));
  EXPECT_EQ(Answer(client), "");
  proxy_.Advance(seconds(2));
  EXPECT_EQ(Answer(client), "404");
  Tell({HostItem("routes/a.com", "a.com", {})});
  EXPECT_EQ(Answer(Send("a.com")), "others");
}

TEST_F(OnDemand, AClientThatLeavesWhileItWaitsIsNotMissed) {
  Start();
  H1Client& client = Send("a.com");
  client.Close();
  proxy_.Run();
  Tell({HostItem("routes/a.com", "a.com", {})});
  EXPECT_EQ(Answer(Send("a.com")), "others");
}

TEST_F(OnDemand, WhatWasFetchedIsAskedForOnTheNextStream) {
  Start();
  Send("a.com");
  Tell({HostItem("routes/one", "a.com", {"routes/a.com"})});
  TakeAsked();
  proxy_.control_plane().Hold(kVirtualHostType);
  proxy_.control_plane().End();
  proxy_.Advance(seconds(31));
  EXPECT_THAT(TakeAsked(), ElementsAre("+[* routes/a.com]"));
  EXPECT_EQ(Answer(Send("a.com")), "others");
}

TEST_F(OnDemand, ARequestThatWaitsSurvivesABrokenStream) {
  Start();
  H1Client& client = Send("a.com");
  TakeAsked();
  proxy_.control_plane().End();
  proxy_.Run();
  EXPECT_EQ(Answer(client), "");
  proxy_.Advance(seconds(1));
  EXPECT_THAT(TakeAsked(), Contains("+[* routes/a.com]"));
  Tell({HostItem("routes/a.com", "a.com", {})});
  EXPECT_EQ(Answer(client), "others");
}

TEST_F(OnDemand, WhatIsGoneIsAskedForAnew) {
  Start();
  Send("a.com");
  Tell({HostItem("routes/one", "a.com", {"routes/a.com"})});
  TakeAsked();
  Tell({}, {"routes/one"});
  H1Client& client = Send("a.com");
  EXPECT_EQ(Answer(client), "");
  EXPECT_THAT(TakeAsked(), Contains("+[routes/a.com]"));
  Tell({HostItem("routes/one", "a.com", {"routes/a.com"})});
  EXPECT_EQ(Answer(client), "others");
}

TEST_F(OnDemand, ATableThatHasNoneOfThemAnyMoreLetsNobodyWait) {
  Start();
  H1Client& client = Send("a.com");
  proxy_.Set(kRouteType, "routes",
             absl::StrCat("name: routes\nvirtual_hosts:\n- ",
                          "name: own\n  domains: [own]\n  routes: [{ match: { prefix: / }, route: "
                          "{ cluster: users } }]\n"));
  proxy_.Run();
  EXPECT_EQ(Answer(client), "404");
  EXPECT_EQ(Answer(Send("b.com")), "404");
  EXPECT_EQ(Answer(Send("own")), "users");
}

TEST_F(OnDemand, AListenerThatGoesIsNotHeldUp) {
  Start();
  H1Client& client = Send("a.com");
  proxy_.Remove(kListenerType, "web");
  proxy_.Run();
  proxy_.Advance(seconds(16));
  EXPECT_EQ(Answer(client), "404");
}

TEST_F(OnDemand, AHostThatCannotBeANameIsNotAskedFor) {
  Start();
  EXPECT_EQ(Answer(Send(std::string(300, 'a'))), "404");
  EXPECT_EQ(Answer(Send("a.com:8080/x")), "400");  // which is no host at all
  EXPECT_THAT(TakeAsked(), IsEmpty());
}

TEST_F(OnDemand, ThePortIsLeftOutWhereTheTableLeavesItOut) {
  Start("config_source: { ads: {} }", "ignore_port_in_host_matching: true\n");
  H1Client& client = Send("a.com:8080");
  EXPECT_THAT(TakeAsked(), ElementsAre("+[routes/a.com]"));
  Tell({HostItem("routes/a.com", "a.com", {})});
  EXPECT_EQ(Answer(client), "others");
}

}  // namespace
}  // namespace sluice

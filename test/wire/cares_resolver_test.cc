// CaresResolver against a name server of the test's own on the loopback, in the same thread.
#include "source/net/cares_resolver.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "source/event/event_loop.h"
#include "source/event/libevent_poller.h"

namespace sluice {
namespace {

// Answers A and AAAA questions about the names it knows (RFC 1035 section 4); NXDOMAIN for others.
class NameServer {
 public:
  struct Record {
    std::vector<std::string> v4, v6;
    uint32_t ttl_s = 60;
  };
  NameServer() : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
    sockaddr_in at = {};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&at), sizeof(at)), 0);
    socklen_t length = sizeof(at);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &length);
    port_ = ntohs(at.sin_port);
  }
  ~NameServer() { close(fd_); }
  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

  std::map<std::string, Record> records;
  bool silent = false;
  int questions = 0;

  void Serve() {
    char question[512];
    sockaddr_in from = {};
    socklen_t length = sizeof(from);
    ssize_t n;
    while ((n = recvfrom(fd_, question, sizeof(question), 0, reinterpret_cast<sockaddr*>(&from),
                         &length)) > 0) {
      ++questions;
      if (silent) continue;
      const std::string answer = Answer(std::string(question, static_cast<size_t>(n)));
      sendto(fd_, answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&from), length);
    }
  }

 private:
  std::string Answer(const std::string& question) const {
    std::string name;
    size_t at = 12;
    while (question[at] != 0) {
      const auto label = static_cast<size_t>(question[at]);
      absl::StrAppend(&name, name.empty() ? "" : ".", question.substr(at + 1, label));
      at += label + 1;
    }
    const int type = question[at + 2];
    const std::string asked = question.substr(12, at + 5 - 12);
    const auto record = records.find(name);
    std::vector<std::string> ips;
    if (record != records.end()) ips = type == 1 ? record->second.v4 : record->second.v6;
    // A response, recursion available; rcode 3 where there is no such name.
    std::string answer = question.substr(0, 2);
    answer += '\x81';
    answer += record == records.end() ? '\x83' : '\x80';
    answer += std::string("\0\1\0", 3) + static_cast<char>(ips.size()) + std::string(4, '\0');
    answer += asked;
    for (const std::string& ip : ips) {
      char bytes[16];
      const size_t size = type == 1 ? 4 : 16;
      EXPECT_EQ(inet_pton(type == 1 ? AF_INET : AF_INET6, ip.c_str(), bytes), 1);
      const uint32_t ttl = htonl(record->second.ttl_s);
      answer += std::string("\xc0\x0c\0", 3) + static_cast<char>(type) + std::string("\0\1", 2);
      answer += std::string(reinterpret_cast<const char*>(&ttl), 4);
      answer += std::string("\0", 1) + static_cast<char>(size) + std::string(bytes, size);
    }
    return answer;
  }

  const int fd_;
  uint16_t port_ = 0;
};

class CaresResolverTest : public testing::Test {
 protected:
  CaresResolverTest() : loop_(poller_) {
    auto resolver = CaresResolver::Create(loop_, {.servers = server_.address()});
    EXPECT_TRUE(resolver.ok()) << resolver.status();
    resolver_ = *std::move(resolver);
  }

  // Asks, and turns the loop until there is an answer.
  DnsAnswer Resolve(const std::string& name, DnsFamily family) {
    std::optional<DnsAnswer> got;
    const auto query =
        resolver_->Resolve(name, family, [&](DnsAnswer answer) { got = std::move(answer); });
    EXPECT_FALSE(got.has_value());
    for (int turns = 0; !got.has_value() && turns < 1'000'000; ++turns) {
      loop_.TurnWithoutWaiting();
      server_.Serve();
    }
    EXPECT_TRUE(got.has_value());
    return got.value_or(DnsAnswer());
  }
  std::string Addresses(const std::string& name, DnsFamily family) {
    std::string text;
    for (const Address& address : Resolve(name, family).addresses) {
      absl::StrAppend(&text, text.empty() ? "" : " ", address.ip_text());
    }
    return text;
  }

  LibeventPoller poller_;
  EventLoop loop_;
  NameServer server_;
  std::unique_ptr<CaresResolver> resolver_;
};

TEST_F(CaresResolverTest, FamiliesAreAsWanted) {
  server_.records["both.test"] = {.v4 = {"10.0.0.1"}, .v6 = {"2001:db8::1"}};
  server_.records["four.test"] = {.v4 = {"10.0.0.4"}};
  EXPECT_EQ(Addresses("both.test", DnsFamily::kV4Only), "10.0.0.1");
  EXPECT_EQ(Addresses("both.test", DnsFamily::kV6Only), "2001:db8::1");
  EXPECT_EQ(Addresses("both.test", DnsFamily::kAuto), "2001:db8::1");
  EXPECT_EQ(Addresses("both.test", DnsFamily::kV4Preferred), "10.0.0.1");
  const std::string all = Addresses("both.test", DnsFamily::kAll);
  EXPECT_TRUE(all == "10.0.0.1 2001:db8::1" || all == "2001:db8::1 10.0.0.1") << all;
  EXPECT_EQ(Addresses("four.test", DnsFamily::kAuto), "10.0.0.4");
}

TEST_F(CaresResolverTest, GivesTheTimeToLive) {
  server_.records["a.test"] = {.v4 = {"10.0.0.1", "10.0.0.2"}, .ttl_s = 42};
  const DnsAnswer answer = Resolve("a.test", DnsFamily::kV4Only);
  EXPECT_EQ(answer.addresses.size(), 2u);
  EXPECT_EQ(answer.ttl, std::chrono::seconds(42));
}

TEST_F(CaresResolverTest, ANameThatIsNotThereIsNotFound) {
  EXPECT_EQ(Resolve("nowhere.test", DnsFamily::kAuto).status.code(), absl::StatusCode::kNotFound);
  server_.records["four.test"] = {.v4 = {"10.0.0.4"}};
  EXPECT_EQ(Resolve("four.test", DnsFamily::kV6Only).status.code(), absl::StatusCode::kNotFound);
}

TEST_F(CaresResolverTest, LocalNamesNeedNoServer) {
  server_.silent = true;
  EXPECT_EQ(Addresses("localhost", DnsFamily::kV4Only), "127.0.0.1");
  EXPECT_EQ(server_.questions, 0);
}

TEST_F(CaresResolverTest, ManyQuestionsAtOnce) {
  constexpr int kNames = 200;
  std::vector<std::unique_ptr<Resolver::Query>> queries;
  int answered = 0;
  for (int i = 0; i < kNames; ++i) {
    const std::string name = absl::StrCat("n", i, ".test");
    server_.records[name] = {.v4 = {absl::StrCat("10.0.0.", i)}};
    queries.push_back(
        resolver_->Resolve(name, DnsFamily::kV4Only, [&answered, i](DnsAnswer answer) {
          ASSERT_EQ(answer.addresses.size(), 1u);
          EXPECT_EQ(answer.addresses[0].ip_text(), absl::StrCat("10.0.0.", i));
          ++answered;
        }));
  }
  for (int turns = 0; answered < kNames && turns < 1'000'000; ++turns) {
    loop_.TurnWithoutWaiting();
    server_.Serve();
  }
  EXPECT_EQ(answered, kNames);
}

TEST_F(CaresResolverTest, AQueryThatIsGoneIsNotAnswered) {
  server_.records["a.test"] = {.v4 = {"10.0.0.1"}};
  bool called = false;
  auto query = resolver_->Resolve("a.test", DnsFamily::kAuto, [&](DnsAnswer) { called = true; });
  query.reset();
  EXPECT_EQ(Addresses("a.test", DnsFamily::kV4Only), "10.0.0.1");
  EXPECT_FALSE(called);
}

TEST_F(CaresResolverTest, TheResolversEndAnswersNobody) {
  server_.silent = true;
  bool called = false;
  auto query = resolver_->Resolve("a.test", DnsFamily::kAuto, [&](DnsAnswer) { called = true; });
  loop_.TurnWithoutWaiting();
  resolver_.reset();
  loop_.TurnWithoutWaiting();
  query.reset();
  EXPECT_FALSE(called);
}

TEST_F(CaresResolverTest, AnAnswerMayDestroyItsQuery) {
  server_.records["a.test"] = {.v4 = {"10.0.0.1"}};
  std::unique_ptr<Resolver::Query> query;
  bool called = false;
  query = resolver_->Resolve("a.test", DnsFamily::kV4Only, [&](DnsAnswer) {
    query.reset();
    called = true;
  });
  for (int turns = 0; !called && turns < 1'000'000; ++turns) {
    loop_.TurnWithoutWaiting();
    server_.Serve();
  }
  EXPECT_TRUE(called);
}

}  // namespace
}  // namespace sluice

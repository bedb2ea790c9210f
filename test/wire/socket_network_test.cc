// The kernel behind Network, and Connection on it: real sockets, one thread.
#include "source/net/socket_network.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "source/event/libevent_poller.h"
#include "source/net/connection.h"
#include "source/net/racing_io_handle.h"

namespace sluice {
namespace {

struct Handler final : ConnectionHandler {
  void OnConnected() override { log += "connected "; }
  void OnBytes(Buffer& in, End end) override {
    bytes += in.ToString();
    in.Clear();
    if (end == End::kYes) log += "END ";
  }
  void FillOutput(Buffer& out, size_t bytes_max) override {
    const size_t n = std::min(bytes_max, output.size());
    out.Append(absl::string_view(output).substr(0, n));
    output.erase(0, n);
  }
  void OnConnectionClosed(CloseCause cause) override {
    log += absl::StrCat("closed:", static_cast<int>(cause), " ");
    closed = true;
    if (on_closed) on_closed();
  }
  std::string log, bytes, output;
  bool closed = false;
  std::function<void()> on_closed;
};

class SocketNetworkTest : public ::testing::Test, protected ReadyObserver {
 protected:
  std::unique_ptr<ListenSocket> Listen(const Address& at) {
    absl::StatusOr<std::unique_ptr<ListenSocket>> socket = network_.Listen(poller_, at, {});
    EXPECT_TRUE(socket.ok()) << socket.status();
    return *std::move(socket);
  }
  void ConnectBoth(const Address& at) {
    listener_ = Listen(at);
    listener_->Watch(*this);
    client_ = Make(Connection::Side::kConnecting,
                   network_.Connect(poller_, listener_->local_address(), SocketOptions()));
    client_->Start(client_handler_);
    TurnUntil([this] { return server_ != nullptr && client_->connected(); });
  }
  std::unique_ptr<Connection> Make(Connection::Side side, std::unique_ptr<IoHandle> io) {
    return std::make_unique<Connection>(worker_, side, std::move(io), nullptr, limits_);
  }
  void TurnUntil(const std::function<bool()>& done) {
    const MonotonicTime limit = loop_.now() + std::chrono::seconds(20);
    while (!done() && loop_.now() < limit) {
      if (!loop_.TurnWithoutWaiting()) std::this_thread::yield();
    }
    EXPECT_TRUE(done());
  }
  void OnReady(Readiness) override {
    while (std::unique_ptr<IoHandle> io = listener_->Accept()) {
      server_ = Make(Connection::Side::kAccepted, std::move(io));
      server_->Start(server_handler_);
    }
  }

  LibeventPoller poller_;
  SlabPool slabs_;
  EventLoop loop_{poller_};
  FastRandom random_{1};
  StatCells cells_;
  WorkerContext worker_{loop_, slabs_, random_, cells_, 0};
  SocketNetwork network_;
  ConnectionLimits limits_;
  Handler client_handler_, server_handler_;
  std::unique_ptr<ListenSocket> listener_;
  std::unique_ptr<Connection> client_, server_;
};

const Address kLoopback = Address::FromIp("127.0.0.1", 0).value();

TEST_F(SocketNetworkTest, ASharedSocketListensUntilTheLastIsGone) {
  std::unique_ptr<ListenSocket> first = Listen(*Address::FromIp("127.0.0.1", 0));
  const Address at = first->local_address();
  auto second = first->Share(poller_);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ((*second)->local_address(), at);
  EXPECT_EQ((*second)->Accept(), nullptr);
  first.reset();
  const auto client = network_.Connect(poller_, at, SocketOptions());
  std::unique_ptr<IoHandle> accepted;
  TurnUntil([&] {
    if (accepted == nullptr) accepted = (*second)->Accept();
    return accepted != nullptr;
  });
  second->reset();
  const auto late = network_.Connect(poller_, at, SocketOptions());
  bool refused = false;
  TurnUntil([&] { return refused = refused || late->ConnectError() != 0; });
}

TEST_F(SocketNetworkTest, BytesGoBothWaysAndEndsAreSeen) {
  ConnectBoth(kLoopback);
  client_handler_.output = "question";
  client_->WantWrite();
  server_handler_.output = std::string(1000000, 'a');
  server_->WantWrite();
  TurnUntil([&] {
    return server_handler_.bytes == "question" && client_handler_.bytes.size() == 1000000;
  });
  EXPECT_EQ(client_->io().peer_address(), listener_->local_address());
  EXPECT_EQ(server_->io().peer_address(), client_->io().local_address());
  EXPECT_EQ(server_->io().local_address(), listener_->local_address());
  client_.reset();
  TurnUntil([&] { return server_handler_.closed; });
  EXPECT_EQ(server_handler_.log, "connected END closed:0 ");
  server_.reset();
}

TEST_F(SocketNetworkTest, TheLastBytesAndTheFinBehindThemInOneEdge) {
  ConnectBoth(kLoopback);
  // Both are in the socket before the other side's poller looks: they are sent in one turn.
  client_handler_.on_closed = [this] { loop_.DeleteLater(std::move(client_)); };
  client_handler_.output = "last";
  client_->Close(CloseKind::kFlushOnly);
  TurnUntil([&] { return server_handler_.closed; });
  EXPECT_EQ(server_handler_.bytes, "last");
  EXPECT_EQ(server_handler_.log, "connected END closed:0 ");
}

TEST_F(SocketNetworkTest, AnAbortIsSeenAsAReset) {
  ConnectBoth(kLoopback);
  client_->Close(CloseKind::kAbort);
  client_.reset();
  TurnUntil([&] { return server_handler_.closed; });
  EXPECT_EQ(server_handler_.log, "connected closed:1 ");
}

TEST_F(SocketNetworkTest, AResetBehindBytesIsFoundWithinASecondOrTwo) {
  ConnectBoth(kLoopback);
  client_handler_.output = "last";
  client_->WantWrite();
  // The write and the reset between two looks of the server's side, which cannot tell them apart.
  server_->PauseReading();
  TurnUntil([&] { return client_->bytes_written() == 4; });
  client_->Close(CloseKind::kAbort);
  client_.reset();
  loop_.TurnWithoutWaiting();
  server_->ResumeReading();
  TurnUntil([&] { return server_handler_.closed; });
  EXPECT_EQ(server_handler_.bytes, "last");
}

TEST_F(SocketNetworkTest, NoDelayIsInherited) {
  ConnectBoth(kLoopback);
  sockaddr_storage storage;
  socklen_t length = sizeof(storage);
  int found = 0;
  // The accepted socket is the one whose peer is the client.
  for (int fd = 3; fd < 100; ++fd) {
    int no_delay = 0;
    socklen_t size = sizeof(no_delay);
    length = sizeof(storage);
    if (getpeername(fd, reinterpret_cast<sockaddr*>(&storage), &length) != 0) continue;
    if (getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, &size) != 0) continue;
    EXPECT_EQ(no_delay, 1);
    ++found;
  }
  EXPECT_EQ(found, 2);
}

TEST_F(SocketNetworkTest, ARefusedConnectFails) {
  listener_ = Listen(kLoopback);
  const Address nobody = listener_->local_address();
  listener_.reset();
  client_ = Make(Connection::Side::kConnecting, network_.Connect(poller_, nobody, {}));
  client_->Start(client_handler_);
  TurnUntil([&] { return client_handler_.closed; });
  EXPECT_EQ(client_handler_.log, "closed:3 ");
}

TEST_F(SocketNetworkTest, AnAddressThatCannotBeReachedFailsTheSameWay) {
  const Address none = Address::FromUnixPath("/nowhere/at/all.sock").value();
  client_ = Make(Connection::Side::kConnecting, network_.Connect(poller_, none, {}));
  client_->Start(client_handler_);
  EXPECT_EQ(client_handler_.log, "");
  TurnUntil([&] { return client_handler_.closed; });
  EXPECT_EQ(client_handler_.log, "closed:3 ");
  EXPECT_EQ(client_->io().ConnectError(), ENOENT);
}

TEST_F(SocketNetworkTest, IpV6AndUnixSocketsWorkAlike) {
  const std::string path = absl::StrCat("/tmp/sluice_net_test_", getpid(), ".sock");
  for (const Address& at : {Address::FromIp("::1", 0).value(), Address::FromUnixPath(path).value(),
                            Address::FromUnixPath(path).value(),  // over the file left behind
                            Address::FromUnixPath(absl::StrCat("@sluice", getpid())).value()}) {
    server_.reset();
    client_.reset();
    client_handler_ = Handler();
    server_handler_ = Handler();
    ConnectBoth(at);
    client_handler_.output = "hello";
    client_->WantWrite();
    TurnUntil([&] { return server_handler_.bytes == "hello"; });
  }
  unlink(path.c_str());
}

TEST_F(SocketNetworkTest, WorkersShareAPort) {
  const std::unique_ptr<ListenSocket> one = Listen(kLoopback);
  const std::unique_ptr<ListenSocket> two = Listen(one->local_address());
  EXPECT_EQ(one->local_address(), two->local_address());
  const auto alone = network_.Listen(poller_, one->local_address(), {.reuse_port = false});
  EXPECT_EQ(alone.status().message(),
            absl::StrCat("cannot bind ", one->local_address().text(), ": Address already in use"));
}

TEST_F(SocketNetworkTest, AnAddressOfOthersCannotBeBound) {
  const Address elsewhere = Address::FromIp("192.0.2.1", 1).value();
  EXPECT_EQ(network_.Listen(poller_, elsewhere, {}).status().message(),
            "cannot bind 192.0.2.1:1: Cannot assign requested address");
}

TEST_F(SocketNetworkTest, UnlessItIsToBeFree) {
  const Address elsewhere = Address::FromIp("192.0.2.1", 0).value();
  EXPECT_TRUE(network_.Listen(poller_, elsewhere, {.freebind = true}).ok());
  const Address elsewhere_v6 = Address::FromIp("2001:db8::1", 0).value();
  EXPECT_TRUE(network_.Listen(poller_, elsewhere_v6, {.freebind = true}).ok());
}

TEST_F(SocketNetworkTest, OptionsByNumberAreSetWhenTheyAreToBe) {
  const auto with = [&](int level, int name, int value, RawSocketOption::When when) {
    const std::string bytes(reinterpret_cast<const char*>(&value), sizeof(value));
    return network_.Listen(poller_, kLoopback, {.raw = {{level, name, bytes, when}}}).status();
  };
  for (const auto when : {RawSocketOption::When::kBeforeBind, RawSocketOption::When::kBeforeListen,
                          RawSocketOption::When::kAfterListen}) {
    EXPECT_TRUE(with(SOL_SOCKET, SO_RCVBUF, 65536, when).ok());
    EXPECT_EQ(with(SOL_SOCKET, 9999, 1, when).message(),
              "cannot set socket option 9999 of level 1 for 127.0.0.1:0: Protocol not available");
  }
}

TEST_F(SocketNetworkTest, ConnectionsComeFromTheSourceOfTheHostsFamily) {
  ConnectBoth(kLoopback);
  const SocketOptions options = {.sources = {{Address::FromIp("::1", 0).value()},
                                             {Address::FromIp("127.0.0.9", 0).value()},
                                             {Address::FromIp("127.0.0.8", 0).value()}}};
  const auto from = network_.Connect(poller_, listener_->local_address(), options);
  EXPECT_EQ(from->ConnectError(), 0);
  EXPECT_EQ(from->local_address().WithPort(0).text(), "127.0.0.9:0");
  const SocketOptions other = {.sources = {{Address::FromIp("::1", 0).value()}}};
  EXPECT_NE(network_.Connect(poller_, listener_->local_address(), other)->ConnectError(), 0);
}

TEST_F(SocketNetworkTest, ASourceThatNoInterfaceHasMustBeFree) {
  ConnectBoth(kLoopback);
  SocketOptions options = {.sources = {{Address::FromIp("192.0.2.1", 0).value()}}};
  const Address to = listener_->local_address();
  EXPECT_EQ(network_.Connect(poller_, to, options)->ConnectError(), EADDRNOTAVAIL);
  options.freebind = true;
  // It is bound; that nothing leads from there to here is another matter.
  EXPECT_NE(network_.Connect(poller_, to, options)->ConnectError(), EADDRNOTAVAIL);
}

TEST_F(SocketNetworkTest, AnOptionOfAConnectionThatTheSystemRefusesIsAFailureToConnect) {
  ConnectBoth(kLoopback);
  const Address to = listener_->local_address();
  const int value = 65536;
  const std::string bytes(reinterpret_cast<const char*>(&value), sizeof(value));
  for (const auto when :
       {RawSocketOption::When::kBeforeBind, RawSocketOption::When::kBeforeListen}) {
    SocketOptions options = {.raw = {{SOL_SOCKET, SO_RCVBUF, bytes, when}}};
    EXPECT_EQ(network_.Connect(poller_, to, options)->ConnectError(), 0);
    options.raw.push_back({SOL_SOCKET, 9999, bytes, when});
    EXPECT_EQ(network_.Connect(poller_, to, options)->ConnectError(), ENOPROTOOPT);
    // What a source has of its own takes the place of what all have.
    options.sources = {{Address::FromIp("127.0.0.1", 0).value(), std::vector<RawSocketOption>()}};
    EXPECT_EQ(network_.Connect(poller_, to, options)->ConnectError(), 0);
  }
}

TEST_F(SocketNetworkTest, AnUnwatchedSocketReportsNothing) {
  struct Count final : ReadyObserver {
    void OnReady(Readiness) override { ++reports; }
    int reports = 0;
  } first, second;
  ConnectBoth(kLoopback);
  const auto raw = network_.Connect(poller_, listener_->local_address(), {});
  ASSERT_TRUE(raw->Watch(first));
  TurnUntil([&] { return first.reports > 0; });
  raw->Unwatch();
  raw->Unwatch();
  const int before = first.reports;
  for (int i = 0; i < 10; ++i) loop_.TurnWithoutWaiting();
  ASSERT_TRUE(raw->Watch(second));
  TurnUntil([&] { return second.reports > 0; });
  EXPECT_EQ(first.reports, before);
}

TEST_F(SocketNetworkTest, AConnectionThatWasNotRedirectedMeantUs) {
  ConnectBoth(kLoopback);
  const Address meant = server_->io().OriginalDestination();
  // Where the kernel tracks connections it says so, else it knows nothing.
  EXPECT_TRUE(meant.family() == Address::Family::kNone || meant == listener_->local_address());
}

TEST_F(SocketNetworkTest, WithoutDescriptorsWaitingConnectionsAreShed) {
  listener_ = Listen(kLoopback);
  std::vector<std::unique_ptr<IoHandle>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(network_.Connect(poller_, listener_->local_address(), {}));
  }
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const int next = dup(0);
  close(next);
  const rlimit none = {static_cast<rlim_t>(next), before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  EXPECT_EQ(listener_->Accept(), nullptr);
  EXPECT_EQ(network_.Connect(poller_, listener_->local_address(), {})->ConnectError(), EMFILE);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(listener_->Accept(), nullptr);  // all are gone, none waits
  for (const auto& client : clients) {
    char byte;
    const iovec piece = {&byte, 1};
    EXPECT_NE(client->Read(absl::MakeConstSpan(&piece, 1)).state, IoResult::State::kAgain);
  }
}

TEST_F(SocketNetworkTest, OfSeveralAddressesTheFirstThatAnswersIsConnectedTo) {
  listener_ = Listen(*Address::FromIp("127.0.0.1", 0));
  listener_->Watch(*this);
  const Address there = listener_->local_address();
  const std::vector<Address> addresses = {*Address::FromIp("127.0.0.2", there.port()), there};
  client_ = Make(Connection::Side::kConnecting,
                 ConnectToAny(network_, loop_, addresses, SocketOptions()));
  client_->Start(client_handler_);
  TurnUntil([this] { return server_ != nullptr && client_->connected(); });
  EXPECT_EQ(client_->io().peer_address().text(), there.text());
  client_handler_.output = "over the winner";
  client_->WantWrite();
  TurnUntil([this] { return !server_handler_.bytes.empty(); });
  EXPECT_EQ(server_handler_.bytes, "over the winner");
}

}  // namespace
}  // namespace sluice

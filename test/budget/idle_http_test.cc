// What of the heap an idle connection of HTTP/1 keeps, and an idle WebSocket with the connection to
// its host: the whole proxy over socket pairs and libevent, so that all there is is counted. To
// raise one of these needs a decision note.
#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_replace.h"
#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "source/config/config_errors.h"
#include "source/config/config_file.h"
#include "source/event/libevent_poller.h"
#include "source/extensions/builtin_extensions.h"
#include "source/net/socket_io_handle.h"
#include "source/server/proxy_core.h"
#include "test/harness/scripted_file_watcher.h"
#include "test/harness/scripted_resolver.h"

namespace sluice {
namespace {

constexpr size_t kTunnelBytesMax = 3800;
constexpr size_t kLoggedTunnelBytesMax = 5400;  // with both heads
constexpr size_t kKeepAliveBytesMax = 1000;
constexpr int kConnections = 300;

constexpr char kConfig[] = R"(
static_resources:
  listeners:
  - address: { socket_address: { address: 10.9.9.9, port_value: 80 } }
    filter_chains:
    - filters:
      - name: manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: test
          access_log: []
          route_config:
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes:
              - match: { path: /here }
                direct_response: { status: 200 }
              - match: { prefix: / }
                route: { cluster: users }
          http_filters:
          - name: router
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
  clusters:
  - name: users
    load_assignment:
      cluster_name: users
      endpoints:
      - lb_endpoints:
        - endpoint: { address: { socket_address: { address: 10.0.0.1, port_value: 80 } } }
)";
constexpr char kLog[] = R"(access_log:
          - name: file
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
              path: /dev/null)";
constexpr char kGet[] = "GET /here HTTP/1.1\r\nHost: a.test\r\n\r\n";
// As browsers do.
constexpr char kHandshake[] =
    "GET /chat HTTP/1.1\r\nHost: a.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Pragma: no-cache\r\nCache-Control: no-cache\r\nOrigin: https://a.test\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)\r\n"
    "Accept-Encoding: gzip, deflate, br\r\nAccept-Language: en-US,en;q=0.9\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n";
constexpr char kAccept[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
constexpr char kText[] = "\x81\x82\0\0\0\0hi";

std::string ReadFrom(int fd) {
  char bytes[4096];
  const ssize_t n = read(fd, bytes, sizeof(bytes));
  return std::string(bytes, n > 0 ? static_cast<size_t>(n) : 0);
}

void WriteTo(int fd, absl::string_view bytes) {
  ASSERT_EQ(write(fd, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
}

// The kernel, but for addresses: whoever connects gets one end of a socket pair, the test the
// other.
class PairNetwork final : public Network {
 public:
  std::unique_ptr<IoHandle> Connect(Poller& poller, const Address& to,
                                    const SocketOptions&) override {
    return std::make_unique<SocketIoHandle>(poller, NewPair(hosts_), to);
  }
  absl::StatusOr<std::unique_ptr<ListenSocket>> Listen(Poller& poller, const Address& at,
                                                       const ListenOptions&) override {
    return std::make_unique<Socket>(*this, poller, at);
  }

  // The client's end of a connection that the listener is told of.
  int Dial() {
    waiting_.push_back(NewPair(clients_));
    listener_->OnReady({.readable = true});
    return clients_.back();
  }
  const std::vector<int>& hosts() const { return hosts_; }
  void CloseAll() {
    for (const int fd : clients_) close(fd);
    for (const int fd : hosts_) close(fd);
  }

 private:
  class Socket final : public ListenSocket {
   public:
    Socket(PairNetwork& network, Poller& poller, const Address& at)
        : network_(network), poller_(poller), at_(at) {}
    std::unique_ptr<IoHandle> Accept() override { return AcceptFor(poller_); }
    std::unique_ptr<IoHandle> AcceptFor(Poller& poller) override {
      if (network_.waiting_.empty()) return nullptr;
      const int fd = network_.waiting_.front();
      network_.waiting_.pop_front();
      return std::make_unique<SocketIoHandle>(poller, fd, at_);
    }
    void Watch(ReadyObserver& observer) override { network_.listener_ = &observer; }
    void Unwatch() override {}
    absl::StatusOr<std::unique_ptr<ListenSocket>> Share(Poller& poller) const override {
      return std::make_unique<Socket>(network_, poller, at_);
    }
    const Address& local_address() const override { return at_; }

   private:
    PairNetwork& network_;
    Poller& poller_;
    const Address at_;
  };

  // Keeps one end in `ours`; the other is the proxy's.
  static int NewPair(std::vector<int>& ours) {
    int fds[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    ours.push_back(fds[0]);
    return fds[1];
  }

  ReadyObserver* listener_ = nullptr;
  std::deque<int> waiting_;
  std::vector<int> clients_, hosts_;
};

struct Thread {
  explicit Thread(uint32_t index) : context{loop, slabs, random, cells, index} {}
  LibeventPoller poller;
  SlabPool slabs;
  EventLoop loop{poller};
  FastRandom random{1};
  StatCells cells;
  WorkerContext context;
};

// A tunnel has four descriptors here.
void RaiseFileLimit() {
  rlimit limit;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = limit.rlim_max;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

class IdleHttp : public testing::Test {
 protected:
  explicit IdleHttp(const std::string& config = kConfig)
      : main_(1), worker_(0), resolver_(main_.loop), files_(main_.loop) {
    RaiseFileLimit();
    stats_.AddCells(worker_.cells);
    stats_.AddCells(main_.cells);
    Registry registry;
    AddBuiltinExtensions(registry);
    core_ = std::make_unique<ProxyCore>(ProxyCore::World{.workers = {&worker_.context},
                                                         .main = main_.context,
                                                         .network = network_,
                                                         .resolver = resolver_,
                                                         .stats = stats_,
                                                         .files = files_},
                                        registry);
    SourceLines lines;
    ConfigErrors errors(&lines);
    envoy::config::bootstrap::v3::Bootstrap bootstrap;
    LoadConfig({.yaml = config}, {}, bootstrap, lines, errors);
    core_->Load(bootstrap, errors);
    EXPECT_TRUE(errors.empty()) << errors.ToString();
    core_->Start([](const absl::Status& status) { EXPECT_TRUE(status.ok()) << status; });
    Run();
  }
  ~IdleHttp() override {
    core_->CloseAll([] {});
    Run();
    core_.reset();
    network_.CloseAll();
  }

  void Run() {
    while (main_.loop.TurnWithoutWaiting() || worker_.loop.TurnWithoutWaiting()) {
    }
  }
  // Each has had its answer, and is quiet.
  void OpenKeepAlive(int count) {
    for (int i = 0; i < count; ++i) {
      const int client = network_.Dial();
      WriteTo(client, kGet);
      Run();
      ASSERT_EQ(ReadFrom(client).substr(0, 12), "HTTP/1.1 200");
    }
  }
  // Each has passed a message, and is quiet.
  void OpenTunnels(int count) {
    for (int i = 0; i < count; ++i) {
      const int client = network_.Dial();
      WriteTo(client, kHandshake);
      Run();
      const int host = network_.hosts().back();
      ASSERT_EQ(ReadFrom(host).substr(0, 9), "GET /chat");
      WriteTo(host, kAccept);
      Run();
      ASSERT_EQ(ReadFrom(client).substr(0, 12), "HTTP/1.1 101");
      WriteTo(client, absl::string_view(kText, sizeof(kText) - 1));
      Run();
      ASSERT_EQ(ReadFrom(host).size(), sizeof(kText) - 1);
    }
  }
  // Of the heap, in the mean, by one more of what `open` opens so many of. The sanitizers'
  // allocators do not tell.
  template <class Open>
  size_t BytesOfOneMore(Open open) {
    open(kConnections);  // tables and pools have grown
    const size_t before = mallinfo2().uordblks;
    open(kConnections);
    const size_t each = (mallinfo2().uordblks - before) / kConnections;
    RecordProperty("bytes", static_cast<int>(each));
    return each;
  }

  PairNetwork network_;
  StatsRegistry stats_;
  Thread main_, worker_;
  ScriptedResolver resolver_;
  ScriptedFileWatcher files_;
  std::unique_ptr<ProxyCore> core_;
};

TEST_F(IdleHttp, AKeepAliveConnectionKeepsLittle) {
  EXPECT_LE(BytesOfOneMore([this](int count) { OpenKeepAlive(count); }), kKeepAliveBytesMax);
}

TEST_F(IdleHttp, AWebSocketKeepsLittleOnBothSides) {
  EXPECT_LE(BytesOfOneMore([this](int count) { OpenTunnels(count); }), kTunnelBytesMax);
}

class IdleLoggedHttp : public IdleHttp {
 protected:
  IdleLoggedHttp() : IdleHttp(absl::StrReplaceAll(kConfig, {{"access_log: []", kLog}})) {}
};

TEST_F(IdleLoggedHttp, AWebSocketKeepsItsHeadsForTheLogInWhatTheyTake) {
  EXPECT_LE(BytesOfOneMore([this](int count) { OpenTunnels(count); }), kLoggedTunnelBytesMax);
}

}  // namespace
}  // namespace sluice

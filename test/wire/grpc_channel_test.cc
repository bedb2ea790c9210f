// MessageChannel over real gRPC, on its threads, to a server of the same library.
#include "source/grpc/grpc_channel.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "grpcpp/server_posix.h"
#include "gtest/gtest.h"
#include "source/event/libevent_poller.h"
#include "source/event/timer.h"
#include "test/harness/test_certificates.h"

namespace sluice {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string BytesOf(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  EXPECT_TRUE(buffer.Dump(&slices).ok());
  std::string bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

// Sends back what comes, or a piece of metadata that it names; ends the stream, with an error, when
// that is "end".
class EchoReactor final : public grpc::ServerGenericBidiReactor {
 public:
  explicit EchoReactor(grpc::GenericCallbackServerContext& context) : context_(context) {
    StartRead(&message_);
  }
  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    if (BytesOf(message_) == "end") {
      return Finish(grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "enough"));
    }
    const std::string name = BytesOf(message_);
    if (name.starts_with("metadata ")) {
      const auto found = context_.client_metadata().find(name.substr(name.find(' ') + 1));
      const grpc::Slice value(found == context_.client_metadata().end()
                                  ? std::string("none")
                                  : std::string(found->second.data(), found->second.size()));
      message_ = grpc::ByteBuffer(&value, 1);
    }
    StartWrite(&message_);
  }
  void OnWriteDone(bool ok) override { StartRead(&message_); }
  void OnDone() override { delete this; }

 private:
  grpc::GenericCallbackServerContext& context_;
  grpc::ByteBuffer message_;
};

class EchoService final : public grpc::CallbackGenericService {
 public:
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    return new EchoReactor(*context);
  }
};

class EchoServer {
 public:
  explicit EchoServer(const std::shared_ptr<grpc::ServerCredentials>& credentials =
                          grpc::InsecureServerCredentials()) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", credentials, &port_);
    builder.SetMaxReceiveMessageSize(-1);
    builder.RegisterCallbackGenericService(&service_);
    server_ = builder.BuildAndStart();
  }
  ~EchoServer() { server_->Shutdown(std::chrono::system_clock::now()); }
  std::string target() const { return "ipv4:127.0.0.1:" + std::to_string(port_); }
  // Serves one more client, on a socket that is connected already.
  void Serve(int fd) { grpc::AddInsecureChannelFromFd(server_.get(), fd); }

 private:
  EchoService service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

class Events final : public MessageStreamEvents {
 public:
  void OnMessage(std::string message) override { messages.push_back(std::move(message)); }
  void OnEnd(const absl::Status& why) override { end = why; }
  std::vector<std::string> messages;
  std::optional<absl::Status> end;
};

class GrpcChannelTest : public testing::Test {
 protected:
  // Until `done`, and no longer than a test may take.
  void RunUntil(const std::function<bool()>& done) {
    Timer give_up(loop_, this, kMethod<&GrpcChannelTest::GiveUp>);
    give_up.Arm(std::chrono::seconds(30));
    while (!done() && !gave_up_) loop_.Turn();
    ASSERT_FALSE(gave_up_) << "it has not come in 30 seconds";
  }
  void GiveUp() { gave_up_ = true; }

  LibeventPoller poller_;
  EventLoop loop_{poller_};
  Events events_;
  bool gave_up_ = false;
};

TEST_F(GrpcChannelTest, CarriesMessagesBothWaysInOrder) {
  EchoServer server;
  GrpcChannel channel(loop_, {.target = server.target()});
  auto stream = channel.Open("/test.Service/Echo", events_);
  for (const char* message : {"one", "two", "", "three"}) stream->Send(message);
  RunUntil([&] { return events_.messages.size() == 4; });
  EXPECT_THAT(events_.messages, ElementsAre("one", "two", "", "three"));
}

TEST_F(GrpcChannelTest, CarriesMessagesFarBeyondItsLibrarysUsualLimit) {
  EchoServer server;
  GrpcChannel channel(loop_, {.target = server.target()});
  auto stream = channel.Open("/test.Service/Echo", events_);
  const std::string large(32 * 1024 * 1024, 'x');
  stream->Send(large);
  RunUntil([&] { return events_.messages.size() == 1; });
  EXPECT_TRUE(events_.messages[0] == large);
}

TEST_F(GrpcChannelTest, TellsWhyTheServerHasEnded) {
  EchoServer server;
  GrpcChannel channel(loop_, {.target = server.target()});
  auto stream = channel.Open("/test.Service/Echo", events_);
  stream->Send("end");
  RunUntil([&] { return events_.end.has_value(); });
  EXPECT_EQ(events_.end->code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(events_.end->message(), "enough");
}

TEST_F(GrpcChannelTest, TellsThatThereIsNoServer) {
  std::string target;
  { target = EchoServer().target(); }
  GrpcChannel channel(loop_, {.target = target});
  auto stream = channel.Open("/test.Service/Echo", events_);
  RunUntil([&] { return events_.end.has_value(); });
  EXPECT_EQ(events_.end->code(), absl::StatusCode::kUnavailable);
}

// Which takes no connection until it is told to: the kernel does, and nobody answers on it.
class SlowListener {
 public:
  SlowListener() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(fd_, 8), 0);
    EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~SlowListener() { close(fd_); }
  int Accept() {
    const int fd = accept(fd_, nullptr, nullptr);
    EXPECT_EQ(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
  }
  std::string target() const { return "ipv4:127.0.0.1:" + std::to_string(port_); }

 private:
  const int fd_ = socket(AF_INET, SOCK_STREAM, 0);
  int port_ = 0;
};

TEST_F(GrpcChannelTest, WaitsForAServerThatIsSlowToAnswer) {
  EchoServer server;
  SlowListener listener;
  GrpcChannel channel(loop_, {.target = listener.target()});
  auto stream = channel.Open("/test.Service/Echo", events_);
  stream->Send("one");
  bool is_late = false;
  struct Late {
    void Note() { is_late = true; }
    bool& is_late;
  } late{is_late};
  Timer timer(loop_, &late, kMethod<&Late::Note>);
  timer.Arm(std::chrono::milliseconds(1500));
  RunUntil([&] { return is_late || events_.end.has_value(); });
  EXPECT_FALSE(events_.end.has_value()) << *events_.end;
  server.Serve(listener.Accept());
  RunUntil([&] { return events_.end.has_value() || !events_.messages.empty(); });
  EXPECT_THAT(events_.messages, ElementsAre("one"));
}

TEST_F(GrpcChannelTest, GoesByNoProxyOfTheEnvironment) {
  for (const char* name : {"grpc_proxy", "http_proxy", "https_proxy"}) {
    setenv(name, "http://127.0.0.1:1", 1);
  }
  EchoServer server;
  GrpcChannel channel(loop_, {.target = server.target()});
  auto stream = channel.Open("/test.Service/Echo", events_);
  stream->Send("one");
  RunUntil([&] { return events_.end.has_value() || !events_.messages.empty(); });
  for (const char* name : {"grpc_proxy", "http_proxy", "https_proxy"}) unsetenv(name);
  EXPECT_THAT(events_.messages, ElementsAre("one"));
}

TEST_F(GrpcChannelTest, SendsMetadata) {
  EchoServer server;
  GrpcChannel channel(loop_, {.target = server.target(), .metadata = {{"x-a", "b c"}}});
  auto stream = channel.Open("/test.Service/Echo", events_);
  stream->Send("metadata x-a");
  RunUntil([&] { return events_.end.has_value() || !events_.messages.empty(); });
  EXPECT_THAT(events_.messages, ElementsAre("b c"));
}

TEST_F(GrpcChannelTest, AStreamThatIsDestroyedIsHeardOfNoMore) {
  EchoServer server;
  GrpcChannel channel(loop_, {.target = server.target()});
  auto stream = channel.Open("/test.Service/Echo", events_);
  stream->Send("one");
  stream.reset();
  Events others;
  auto other = channel.Open("/test.Service/Echo", others);
  other->Send("end");
  RunUntil([&] { return others.end.has_value(); });
  EXPECT_THAT(events_.messages, IsEmpty());
  EXPECT_FALSE(events_.end.has_value());
}

TEST_F(GrpcChannelTest, MayBeDestroyedBesideAStreamThatIsUp) {
  EchoServer server;
  auto channel = std::make_unique<GrpcChannel>(loop_, ChannelSpec{.target = server.target()});
  auto stream = channel->Open("/test.Service/Echo", events_);
  stream->Send("one");
  RunUntil([&] { return events_.messages.size() == 1; });
  stream.reset();
  channel.reset();
}

class GrpcChannelTlsTest : public GrpcChannelTest {
 protected:
  // The status with which a stream to a server with a certificate for "control.test" ends, ok when
  // it works.
  absl::Status Try(ChannelTls tls) {
    return TryWith(MakeCertificate(
                       {.sans = {"DNS:control.test", "URI:spiffe://test/control"}, .issuer = &ca_}),
                   std::move(tls));
  }
  absl::Status TryWith(const TestCertificate& server_certificate, ChannelTls tls) {
    grpc::SslServerCredentialsOptions options(
        GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    options.pem_root_certs = ca_.pem;
    options.pem_key_cert_pairs.push_back({server_certificate.key_pem, server_certificate.pem});
    EchoServer server(grpc::SslServerCredentials(options));
    Events events;
    GrpcChannel channel(
        loop_, {.target = server.target(), .authority = "xds_cluster", .tls = std::move(tls)});
    auto stream = channel.Open("/test.Service/Echo", events);
    stream->Send("one");
    RunUntil([&] { return events.end.has_value() || !events.messages.empty(); });
    return events.end.value_or(absl::OkStatus());
  }

  static CertificateName Dns(const std::string& name) {
    return {CertificateName::Type::kDns, name};
  }

  TestCertificate ca_ = MakeCertificate({.common_name = "ca", .is_authority = true});
  TestCertificate client_ = MakeCertificate({.sans = {"DNS:proxy.test"}, .issuer = &ca_});
  ChannelTls good_{.roots = ca_.pem,
                   .certificate = client_.pem,
                   .key = client_.key_pem,
                   .names = {Dns("other.test"), Dns("control.test")},
                   .sni = "control.test"};
};

TEST_F(GrpcChannelTlsTest, BothEndsShowCertificates) { EXPECT_EQ(Try(good_), absl::OkStatus()); }

TEST_F(GrpcChannelTlsTest, WithoutNamesTheRootsAreEnough) {
  good_.names.clear();
  EXPECT_EQ(Try(good_), absl::OkStatus());
}

TEST_F(GrpcChannelTlsTest, AServerOfAnotherNameIsRefused) {
  good_.names = {Dns("other.test")};
  EXPECT_EQ(Try(good_).code(), absl::StatusCode::kUnavailable);
}

TEST_F(GrpcChannelTlsTest, ANameCountsInItsTypeOnly) {
  good_.names = {{CertificateName::Type::kUri, "spiffe://test/control"}};
  EXPECT_EQ(Try(good_), absl::OkStatus());
  good_.names = {{CertificateName::Type::kUri, "control.test"}};
  EXPECT_EQ(Try(good_).code(), absl::StatusCode::kUnavailable);
  good_.names = {Dns("spiffe://test/control")};
  EXPECT_EQ(Try(good_).code(), absl::StatusCode::kUnavailable);
}

TEST_F(GrpcChannelTlsTest, WithRootsThatAreEmptyNobodyIsBelieved) {
  good_.roots = "";
  good_.names.clear();
  EXPECT_EQ(Try(good_).code(), absl::StatusCode::kUnavailable);
}

TEST_F(GrpcChannelTlsTest, WhoVouchesForItselfIsRefused) {
  good_.names.clear();
  EXPECT_EQ(TryWith(MakeCertificate({.sans = {"DNS:control.test"}}), good_).code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(GrpcChannelTlsTest, WithoutRootsWhoeverItIsIsBelieved) {
  good_.roots.reset();
  good_.names.clear();
  EXPECT_EQ(TryWith(MakeCertificate({.sans = {"DNS:control.test"}}), good_), absl::OkStatus());
}

TEST_F(GrpcChannelTlsTest, MayHaveToBeTheHostThatIsCalled) {
  good_.must_be_host = true;
  good_.names.clear();
  EXPECT_EQ(Try(good_), absl::OkStatus());
  good_.sni = "other.test";
  EXPECT_EQ(Try(good_).code(), absl::StatusCode::kUnavailable);
  good_.sni.clear();  // then it is the target's: 127.0.0.1
  EXPECT_EQ(Try(good_).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(TryWith(MakeCertificate({.sans = {"IP:127.0.0.1"}, .issuer = &ca_}), good_),
            absl::OkStatus());
}

TEST_F(GrpcChannelTlsTest, AServerOfOtherRootsIsRefused) {
  good_.roots = MakeCertificate({.common_name = "other", .is_authority = true}).pem;
  EXPECT_EQ(Try(good_).code(), absl::StatusCode::kUnavailable);
}

TEST_F(GrpcChannelTlsTest, WithoutACertificateOfItsOwnItIsRefused) {
  good_.certificate.clear();
  EXPECT_EQ(Try(good_).code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace sluice

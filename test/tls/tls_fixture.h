// What the tests of TLS share: a server, or a client, of ours behind a Connection in a simulated
// world, configured by Envoy's messages, with a TlsPeer at its other end.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "envoy/extensions/transport_sockets/tls/v3/secret.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/tls.pb.h"
#include "source/config/config_errors.h"
#include "source/net/connection.h"
#include "source/tls/certificate_dates.h"
#include "source/tls/tls_context_config.h"
#include "test/harness/scripted_file_watcher.h"
#include "test/harness/sim_world.h"
#include "test/harness/test_certificates.h"
#include "test/harness/tls_peer.h"

namespace sluice {

namespace tls_pb = envoy::extensions::transport_sockets::tls::v3;

// One connection of ours: answers each piece it reads with `answer` of it, and keeps what came.
class OurEnd final : public ConnectionHandler {
 public:
  void OnConnected() override { connected = true; }
  void OnBytes(Buffer& in, End end) override {
    const std::string text = in.ToString();
    in.Drain(in.size());
    received += text;
    if (!text.empty() && answer) output += answer(text);
    if (end == End::kYes) got_end = true;
    connection->WantWrite();
  }
  void FillOutput(Buffer& out, size_t bytes_max) override {
    const size_t n = std::min(output.size(), bytes_max);
    // In pieces, as a codec would: heads are small slices, bodies large ones.
    for (size_t at = 0; at < n; at += slice_bytes) {
      const size_t piece = std::min(slice_bytes, n - at);
      Buffer slice(out.pool());
      slice.Append(absl::string_view(output).substr(at, piece));
      out.MoveFrom(slice);
    }
    output.erase(0, n);
  }
  void OnConnectionClosed(CloseCause why) override {
    cause = why;
    closed = true;
    failure = std::string(connection->transport().failure_reason());
  }
  void Write(absl::string_view text) {
    output.append(text.data(), text.size());
    connection->WantWrite();
  }
  const TlsFacts* facts() { return connection->transport().tls_facts(); }

  std::unique_ptr<Connection> connection;
  std::function<std::string(const std::string&)> answer;
  std::string received, output, failure;
  size_t slice_bytes = 16000;
  bool connected = false, got_end = false, closed = false;
  CloseCause cause = CloseCause::kLocal;
};

inline void SetInline(envoy::config::core::v3::DataSource& source, const std::string& bytes) {
  source.set_inline_bytes(bytes);
}

class TlsTest : public ::testing::Test, protected ReadyObserver {
 protected:
  TlsTest() {
    listener_ = world_.network().Listen(world_.poller(), kAddress, {}).value();
    listener_->Watch(*this);
  }
  ~TlsTest() override {
    peers_.clear();
    world_.RunUntilIdle();
    ends_.clear();
    listener_.reset();
    server_factory_.reset();
    client_factory_.reset();
    world_.memory().StopServing(kHost);
    world_.RunUntilIdle();
  }

  static tls_pb::TlsCertificate* Add(tls_pb::CommonTlsContext& common,
                                     const TestCertificate& certificate) {
    tls_pb::TlsCertificate* added = common.add_tls_certificates();
    SetInline(*added->mutable_certificate_chain(), certificate.chain_pem);
    SetInline(*added->mutable_private_key(), certificate.key_pem);
    return added;
  }
  static tls_pb::CertificateValidationContext& Trust(tls_pb::CommonTlsContext& common,
                                                     const TestCertificate& authority) {
    tls_pb::CertificateValidationContext& verify = *common.mutable_validation_context();
    SetInline(*verify.mutable_trusted_ca(), authority.pem);
    return verify;
  }

  TlsWorld World() { return {world_.workers(), world_.main(), files_, dates_}; }
  TlsParts Parts(const std::string& stat_prefix) {
    return {.secrets = secrets_,
            .world = World(),
            .stats = world_.stats(),
            .stat_prefix = stat_prefix,
            .gate = gate_};
  }
  // What is wrong with a configuration; empty: it is good and in use.
  std::string TryServe(const tls_pb::DownstreamTlsContext& context) {
    ConfigErrors errors;
    const FieldScope scope(errors, "tls");
    server_factory_ = ParseServerTls(context, Parts("listener.test."), scope);
    EXPECT_EQ(server_factory_ == nullptr, !errors.empty()) << errors.ToString();
    return errors.ToString();
  }
  void Serve(const tls_pb::DownstreamTlsContext& context) { EXPECT_EQ(TryServe(context), ""); }
  void ServeWith(const TestCertificate& certificate, const std::vector<std::string>& alpn = {}) {
    tls_pb::DownstreamTlsContext context;
    Add(*context.mutable_common_tls_context(), certificate);
    for (const std::string& protocol : alpn) {
      context.mutable_common_tls_context()->add_alpn_protocols(protocol);
    }
    Serve(context);
  }
  std::string TryDialWith(const tls_pb::UpstreamTlsContext& context) {
    ConfigErrors errors;
    const FieldScope scope(errors, "tls");
    client_factory_ = ParseClientTls(context, Parts("cluster.test."), scope);
    EXPECT_EQ(client_factory_ == nullptr, !errors.empty()) << errors.ToString();
    return errors.ToString();
  }

  // A client comes; `peer` and our end of the connection, when all has been said.
  TlsPeer& Dial(const TlsPeerOptions& options = {}) {
    peers_.push_back(
        std::make_unique<TlsPeer>(TlsPeer::Role::kClient, world_.memory().Dial(kAddress), options));
    world_.RunUntilIdle();
    return *peers_.back();
  }
  // A host of the test's at kHost; its connections go to peers_.
  void StartHost(const TlsPeerOptions& options) {
    world_.memory().StopServing(kHost);
    world_.memory().Serve(kHost, [this, options](std::unique_ptr<MemoryPeer> wire) {
      peers_.push_back(std::make_unique<TlsPeer>(TlsPeer::Role::kServer, std::move(wire), options));
    });
  }
  // We connect to it.
  OurEnd& Connect(absl::string_view server_name = "", absl::string_view verify_name = "") {
    std::unique_ptr<TransportSocket> transport =
        client_factory_->Create(world_.worker(), {.address = kHost,
                                                  .host_name = host_name_,
                                                  .server_name = server_name,
                                                  .verify_name = verify_name});
    OurEnd& end = AddEnd(Connection::Side::kConnecting,
                         world_.network().Connect(world_.poller(), kHost, SocketOptions()),
                         std::move(transport));
    world_.RunUntilIdle();
    return end;
  }

  OurEnd& end() { return *ends_.back(); }
  TlsPeer& peer() { return *peers_.back(); }
  int64_t Stat(const std::string& name) {
    return world_.stats().Value(absl::StrCat("listener.test.ssl.", name));
  }
  int64_t HostStat(const std::string& name) {
    return world_.stats().Value(absl::StrCat("cluster.test.ssl.", name));
  }
  size_t blocks() { return world_.worker().slabs.blocks_in_use(); }

  SimWorld world_;
  ScriptedFileWatcher files_{world_.main().loop};
  CertificateDates dates_;
  SecretStore secrets_{world_.main(), files_, world_.stats()};
  WarmGate* gate_ = nullptr;  // of what is parsed from now on
  const Address kAddress = Address::FromIp("10.0.0.1", 443).value();
  const Address kHost = Address::FromIp("10.0.0.2", 443).value();
  std::string host_name_;  // the endpoint's, as Connect says
  ConnectionLimits limits_;
  std::unique_ptr<const ServerTransportFactory> server_factory_;
  std::unique_ptr<const ClientTransportFactory> client_factory_;
  std::list<std::unique_ptr<OurEnd>> ends_;
  std::list<std::unique_ptr<TlsPeer>> peers_;
  std::unique_ptr<ListenSocket> listener_;
  // Of ends that are made from now on.
  std::function<std::string(const std::string&)> answer_ = [](const std::string& text) {
    return absl::StrCat("<", text, ">");
  };

 private:
  OurEnd& AddEnd(Connection::Side side, std::unique_ptr<IoHandle> io,
                 std::unique_ptr<TransportSocket> transport) {
    ends_.push_back(std::make_unique<OurEnd>());
    OurEnd& end = *ends_.back();
    end.answer = answer_;
    end.connection = std::make_unique<Connection>(world_.worker(), side, std::move(io),
                                                  std::move(transport), limits_);
    end.connection->Start(end);
    return end;
  }
  void OnReady(Readiness) override {
    while (std::unique_ptr<IoHandle> io = listener_->Accept()) {
      AddEnd(Connection::Side::kAccepted, std::move(io), server_factory_->Create(world_.worker()));
    }
  }
};

}  // namespace sluice

// gRPC and our own TLS in one process, on one TLS library: a gRPC server is called over TLS by a
// gRPC client, and is also reached by BoringSSL used directly, which must see the certificate that
// gRPC presented and agree on HTTP/2.

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "grpcpp/create_channel.h"
#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "grpcpp/support/byte_buffer.h"
#include "gtest/gtest.h"
#include "openssl/bio.h"
#include "openssl/ec_key.h"
#include "openssl/evp.h"
#include "openssl/nid.h"
#include "openssl/pem.h"
#include "openssl/ssl.h"
#include "openssl/x509.h"
#include "openssl/x509v3.h"

namespace sluice {
namespace {

std::string PemOf(BIO* bio) {
  const uint8_t* bytes = nullptr;
  size_t size = 0;
  EXPECT_EQ(BIO_mem_contents(bio, &bytes, &size), 1);
  return std::string(reinterpret_cast<const char*>(bytes), size);
}

// A fresh key and a certificate for "localhost" that it signs itself.
struct Identity {
  std::string key_pem;
  std::string certificate_pem;
  bssl::UniquePtr<X509> certificate;

  Identity() {
    bssl::UniquePtr<EC_KEY> ec(EC_KEY_new_by_curve_name(NID_X9_62_prime256v1));
    EXPECT_EQ(EC_KEY_generate_key(ec.get()), 1);
    bssl::UniquePtr<EVP_PKEY> key(EVP_PKEY_new());
    EXPECT_EQ(EVP_PKEY_set1_EC_KEY(key.get(), ec.get()), 1);

    certificate.reset(X509_new());
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_NAME* name = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const uint8_t*>("localhost"), -1, -1, 0);
    X509_set_issuer_name(certificate.get(), name);
    X509_set_pubkey(certificate.get(), key.get());
    bssl::UniquePtr<X509_EXTENSION> names(
        X509V3_EXT_nconf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost"));
    X509_add_ext(certificate.get(), names.get(), -1);
    EXPECT_GT(X509_sign(certificate.get(), key.get(), EVP_sha256()), 0);

    bssl::UniquePtr<BIO> key_bio(BIO_new(BIO_s_mem()));
    EXPECT_EQ(
        PEM_write_bio_PrivateKey(key_bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr),
        1);
    key_pem = PemOf(key_bio.get());
    bssl::UniquePtr<BIO> certificate_bio(BIO_new(BIO_s_mem()));
    EXPECT_EQ(PEM_write_bio_X509(certificate_bio.get(), certificate.get()), 1);
    certificate_pem = PemOf(certificate_bio.get());
  }
};

// Answers every call of any method with the bytes of its one message.
class EchoReactor : public grpc::ServerGenericBidiReactor {
 public:
  EchoReactor() { StartRead(&message_); }
  void OnReadDone(bool ok) override {
    if (!ok) {
      Finish(grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "no message"));
      return;
    }
    StartWriteAndFinish(&message_, grpc::WriteOptions(), grpc::Status::OK);
  }
  void OnDone() override { delete this; }

 private:
  grpc::ByteBuffer message_;
};

class EchoService : public grpc::CallbackGenericService {
  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext*) override {
    return new EchoReactor;
  }
};

class GrpcOverBoringSsl : public testing::Test {
 protected:
  GrpcOverBoringSsl() {
    grpc::SslServerCredentialsOptions options;
    options.pem_key_cert_pairs.push_back({identity_.key_pem, identity_.certificate_pem});
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::SslServerCredentials(options), &port_);
    builder.RegisterCallbackGenericService(&service_);
    server_ = builder.BuildAndStart();
  }

  // Calls the server over TLS, trusting only `root_pem`.
  grpc::Status Call(const std::string& root_pem, const std::string& request, std::string* answer) {
    grpc::ChannelArguments arguments;
    arguments.SetSslTargetNameOverride("localhost");
    auto channel = grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port_),
                                             grpc::SslCredentials({root_pem, "", ""}), arguments);
    grpc::GenericStub stub(channel);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    grpc::Slice slice(request);
    grpc::ByteBuffer sent(&slice, 1);
    grpc::ByteBuffer received;
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
    grpc::Status result;
    stub.UnaryCall(&context, "/sluice.test.Echo/Say", grpc::StubOptions(), &sent, &received,
                   [&](grpc::Status status) {
                     std::lock_guard<std::mutex> lock(mutex);
                     result = std::move(status);
                     done = true;
                     changed.notify_one();
                   });
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(lock, [&] { return done; });
    grpc::Slice whole;
    if (result.ok() && received.DumpToSingleSlice(&whole).ok()) {
      answer->assign(reinterpret_cast<const char*>(whole.begin()), whole.size());
    }
    return result;
  }

  Identity identity_;
  EchoService service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(GrpcOverBoringSsl, ClientAndServerTalkOverTls) {
  ASSERT_NE(server_, nullptr);
  const std::string request(100000, 'x');
  std::string answer;
  const grpc::Status status = Call(identity_.certificate_pem, request, &answer);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(answer, request);
}

TEST_F(GrpcOverBoringSsl, ClientRefusesAnUnknownCertificate) {
  ASSERT_NE(server_, nullptr);
  std::string answer;
  EXPECT_EQ(Call(Identity().certificate_pem, "x", &answer).error_code(),
            grpc::StatusCode::UNAVAILABLE);
}

TEST_F(GrpcOverBoringSsl, BoringSslItselfMeetsTheGrpcServer) {
  ASSERT_NE(server_, nullptr);
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  ASSERT_GE(fd, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port_));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);

  bssl::UniquePtr<SSL_CTX> context(SSL_CTX_new(TLS_method()));
  bssl::UniquePtr<SSL> ssl(SSL_new(context.get()));
  const uint8_t kProtocols[] = {2, 'h', '2'};
  ASSERT_EQ(SSL_set_alpn_protos(ssl.get(), kProtocols, sizeof(kProtocols)), 0);
  ASSERT_EQ(SSL_set_fd(ssl.get(), fd), 1);
  ASSERT_EQ(SSL_connect(ssl.get()), 1);

  EXPECT_EQ(SSL_version(ssl.get()), TLS1_3_VERSION);
  const uint8_t* protocol = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl.get(), &protocol, &size);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(protocol), size), "h2");
  bssl::UniquePtr<X509> peer(SSL_get_peer_certificate(ssl.get()));
  ASSERT_NE(peer, nullptr);
  EXPECT_EQ(X509_cmp(peer.get(), identity_.certificate.get()), 0);
  ssl.reset();
  close(fd);
}

}  // namespace
}  // namespace sluice

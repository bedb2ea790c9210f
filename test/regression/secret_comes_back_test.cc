// A secret that was removed, or that one of its users could not take, and then came as it had been
// before, was passed over as known: it was given to nobody.
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "envoy/config/core/v3/config_source.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/secret.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "source/control/secret_updates.h"
#include "test/harness/scripted_file_watcher.h"
#include "test/harness/sim_world.h"
#include "test/harness/test_certificates.h"

namespace sluice {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// Is asked, and sends nothing.
class SilentSource final : public ResourceSource {
 public:
  void Add(const ResourceType&, ResourceUser&, const UpdateStats&) override {}
  void WantAll(const ResourceType&, Duration) override {}
  void Want(const ResourceType&, const std::string&, Duration) override {}
  void Unwant(const ResourceType&, const std::string&) override {}
};

class SecretComesBack : public testing::Test {
 protected:
  SecretComesBack() {
    updates_.SetSource(source_);
    store_.AttachControlPlane([this](const auto&, const SecretKey& key) {
      return absl::StatusOr<std::unique_ptr<SecretFetch>>(updates_.Fetch(key));
    });
    from_.mutable_ads();
  }

  // Somebody who uses the secret, and notes whose certificate it has. `refuses`: what it cannot
  // use.
  struct User {
    std::vector<std::string> got;
    std::string refuses;
    int late = 0;
    std::unique_ptr<SecretStore::Watch> watch;
  };
  User& Use(Duration patience = std::chrono::seconds(15)) {
    users_.push_back(std::make_unique<User>());
    User& user = *users_.back();
    auto watch = store_.WatchFor(
        from_, {"ads", "server"}, patience,
        {.on_secret =
             [&user](const SecretStore::SharedSecret& secret) {
               const std::string& pem = secret->validation_context().trusted_ca().inline_string();
               if (pem == user.refuses) return absl::InvalidArgumentError("not for me");
               user.got.push_back(pem);
               return absl::OkStatus();
             },
         .on_late = [&user] { ++user.late; }});
    EXPECT_TRUE(watch.ok()) << watch.status();
    user.watch = *std::move(watch);
    return user;
  }
  std::vector<ResourceError> Send(const std::string& pem) {
    SecretStore::Secret secret;
    secret.set_name("server");
    secret.mutable_validation_context()->mutable_trusted_ca()->set_inline_string(pem);
    Resource resource{.name = "server", .version = "1"};
    resource.body.PackFrom(secret);
    return updates_.OnResources({resource}, {});
  }

  const std::string one_ = MakeCertificate({.common_name = "one", .is_authority = true}).pem;
  const std::string two_ = MakeCertificate({.common_name = "two", .is_authority = true}).pem;
  SimWorld world_;
  ScriptedFileWatcher files_{world_.main().loop};
  SilentSource source_;
  SecretStore store_{world_.main(), files_, world_.stats()};
  SecretUpdates updates_{world_.main().loop, store_, [] {}};
  envoy::config::core::v3::ConfigSource from_;
  std::vector<std::unique_ptr<User>> users_;
};

TEST_F(SecretComesBack, AfterItsEndWhoComesLaterHasIt) {
  Use();
  EXPECT_THAT(Send(one_), IsEmpty());
  updates_.OnResources({}, {"server"});
  User& later = Use();
  EXPECT_EQ(later.watch->current(), nullptr);
  EXPECT_THAT(Send(one_), IsEmpty());
  EXPECT_THAT(later.got, ElementsAre(one_));
  EXPECT_NE(Use().watch->current(), nullptr);
}

TEST_F(SecretComesBack, TheWayBackFromWhatOneUserRefusedIsGone) {
  User &first = Use(), &second = Use();
  EXPECT_THAT(Send(one_), IsEmpty());
  second.refuses = two_;
  EXPECT_THAT(Send(two_), SizeIs(1));
  EXPECT_THAT(first.got, ElementsAre(one_, two_));
  EXPECT_THAT(Send(one_), IsEmpty());
  EXPECT_THAT(first.got, ElementsAre(one_, two_, one_));
}

TEST_F(SecretComesBack, AFirstOneThatIsRefusedIsNotWaitedFor) {
  User& user = Use(Duration::zero());
  EXPECT_THAT(Send("no certificate"), SizeIs(1));
  updates_.OnMissing("server");
  EXPECT_EQ(user.late, 1);
  EXPECT_THAT(Send(one_), IsEmpty());
  EXPECT_THAT(user.got, ElementsAre(one_));
  updates_.OnMissing("server");  // there is one
  EXPECT_EQ(user.late, 1);
}

}  // namespace
}  // namespace sluice

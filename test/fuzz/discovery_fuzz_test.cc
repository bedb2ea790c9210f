// Discovery responses of a control plane that has lost its mind: the first byte says the dialect
// and the kind, then messages, each behind two bytes of length. What comes of them is judged as in
// service; nothing is kept that was not accepted, and nobody is asked for what was not wanted.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/core/v3/base.pb.h"
#include "envoy/config/endpoint/v3/endpoint.pb.h"
#include "source/base/check.h"
#include "source/config/check_rules.h"
#include "source/config/field_ledger.h"
#include "source/config/field_scope.h"
#include "source/xds/dialect.h"
#include "source/xds/intake.h"

namespace sluice {
namespace {

constexpr size_t kMessagesMax = 16;

// Accepts what the API's rules allow and what takes effect.
template <class Proto>
class JudgingUser final : public ResourceUser {
 public:
  std::vector<ResourceError> OnResources(const std::vector<Resource>& resources,
                                         const std::vector<std::string>& gone) override {
    for (const std::string& name : gone) accepted.erase(name);
    std::vector<ResourceError> refused;
    for (const Resource& resource : resources) {
      Proto proto;
      ConfigErrors errors;
      const FieldScope scope(errors);
      if (proto.ParseFromString(resource.body.value())) {
        CheckRules(proto, scope);
        RefuseUnsupported(BuildFieldLedger(proto, scope, nullptr), UnsupportedFields::kWarn,
                          errors);
      } else {
        scope.Error("cannot be read");
      }
      if (errors.empty()) {
        accepted.insert(resource.name);
      } else {
        refused.push_back({resource.name, resource.version, errors.ToString()});
      }
    }
    return refused;
  }
  void OnFetchTimeout(const std::string&) override {}
  absl::flat_hash_set<std::string> accepted;
};

template <class Proto>
void Converse(const Dialect& dialect, const ResourceType& type, bool wants_all,
              absl::string_view input) {
  Subscription subscription(type);
  subscription.wants_all = wants_all;
  subscription.names = {"a", "b"};
  JudgingUser<Proto> user;
  const envoy::config::core::v3::Node node;
  for (size_t i = 0; i < kMessagesMax && input.size() > 2; ++i) {
    (void)dialect.NextRequest(subscription, i == 0 ? &node : nullptr);
    const size_t size = static_cast<uint8_t>(input[0]) * 256u + static_cast<uint8_t>(input[1]);
    const absl::string_view message = input.substr(2, size);
    input.remove_prefix(2 + message.size());
    absl::StatusOr<Response> response = dialect.Read(message);
    if (!response.ok()) {
      subscription.StartStream();
      continue;
    }
    const std::vector<std::string> gone = dialect.Gone(subscription, *response);
    Intake intake(*std::move(response), gone);
    while (intake.TakePart(2, subscription, user)) {
    }
    const std::vector<ResourceError>& errors = intake.taken().errors;
    subscription.answer_due = true;
    subscription.nonce = intake.response().nonce;
    subscription.refusal = RefusalText(type, errors);
    SLUICE_CHECK(errors.empty() == subscription.refusal.empty());
    SLUICE_CHECK(subscription.refusal.size() < 20 * 1024);
    for (const auto& [name, version] : subscription.versions) {
      SLUICE_CHECK(subscription.wants(name));
      SLUICE_CHECK(user.accepted.contains(name));
    }
  }
}

void ConverseAs(absl::string_view input) {
  const int choice = input[0];
  input.remove_prefix(1);
  const Dialect& dialect = (choice & 1) != 0 ? Delta() : StateOfTheWorld();
  const bool wants_all = (choice & 2) != 0;
  if ((choice & 4) != 0) {
    Converse<envoy::config::endpoint::v3::ClusterLoadAssignment>(dialect, kEndpointType, wants_all,
                                                                 input);
  } else {
    Converse<envoy::config::cluster::v3::Cluster>(dialect, kClusterType, wants_all, input);
  }
}

}  // namespace
}  // namespace sluice

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  if (size < 1 || size > 16 * 1024) return 0;
  sluice::ConverseAs({reinterpret_cast<const char*>(bytes), size});
  return 0;
}

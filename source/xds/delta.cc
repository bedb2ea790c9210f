#include <utility>

#include "absl/strings/str_cat.h"
#include "source/xds/dialect.h"
#include "source/xds/wire.h"

namespace sluice {
namespace {

namespace discovery = envoy::service::discovery::v3;

class DeltaDialect final : public Dialect {
 public:
  std::string AggregatedMethod() const override {
    return "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources";
  }
  std::string Method(const ResourceType& type) const override {
    return absl::StrCat("/", type.service, "/", type.delta_method);
  }

  absl::StatusOr<Response> Read(absl::string_view message) const override {
    discovery::DeltaDiscoveryResponse proto;
    if (!proto.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
      return absl::InvalidArgumentError("the message is no DeltaDiscoveryResponse");
    }
    Response response{proto.type_url(), proto.system_version_info(), proto.nonce(), {}, {}};
    response.resources.reserve(static_cast<size_t>(proto.resources_size()));
    for (auto& wrapper : *proto.mutable_resources()) {
      // Another way to say that there is none of that name.
      if (!wrapper.has_resource() && !wrapper.has_ttl()) {
        response.removed.push_back(wrapper.name());
        for (const std::string& alias : wrapper.aliases()) {
          if (alias != wrapper.name()) response.removed.push_back(alias);
        }
        continue;
      }
      Resource& resource = response.resources.emplace_back();
      ReadTtl(wrapper, resource);
      resource.version = wrapper.version();
      resource.aliases.assign(wrapper.aliases().begin(), wrapper.aliases().end());
      resource.body = std::move(*wrapper.mutable_resource());
      resource.name = wrapper.name().empty() ? NameOf(resource.body) : wrapper.name();
    }
    for (const std::string& name : proto.removed_resources()) response.removed.push_back(name);
    return response;
  }

  std::optional<std::string> NextRequest(Subscription& subscription,
                                         const envoy::config::core::v3::Node* node) const override {
    if (!subscription.request_due()) return std::nullopt;
    discovery::DeltaDiscoveryRequest request;
    if (node != nullptr) *request.mutable_node() = *node;
    request.set_type_url(std::string(subscription.type->url));
    if (subscription.asked) {
      Change(subscription, request);
    } else {
      Begin(subscription, request);
    }
    if (subscription.answer_due) {
      request.set_response_nonce(subscription.nonce);
      if (!subscription.refusal.empty()) {
        WriteRefusal(subscription, *request.mutable_error_detail());
      }
    }
    subscription.NoteRequest();
    return request.SerializeAsString();
  }

  std::vector<std::string> Gone(const Subscription& subscription,
                                const Response& response) const override {
    std::vector<std::string> gone;
    for (const std::string& name : response.removed) {
      if (subscription.wants(name)) gone.push_back(name);
    }
    return gone;
  }

 private:
  // The first of a stream: all that is wanted, and what of it is known from earlier ones. No names
  // at all ask for everything, as ever; "*" says so where there are names too.
  static void Begin(const Subscription& subscription, discovery::DeltaDiscoveryRequest& request) {
    if (subscription.wants_all && !subscription.names.empty()) {
      request.add_resource_names_subscribe(Wildcard());
    }
    for (const std::string& name : subscription.names) request.add_resource_names_subscribe(name);
    for (const auto& [name, version] : subscription.versions) {
      if (subscription.wants(name)) (*request.mutable_initial_resource_versions())[name] = version;
    }
  }

  static void Change(const Subscription& subscription, discovery::DeltaDiscoveryRequest& request) {
    if (subscription.wants_all && !subscription.asked_for_all) {
      request.add_resource_names_subscribe(Wildcard());
    } else if (!subscription.wants_all && subscription.asked_for_all) {
      request.add_resource_names_unsubscribe(Wildcard());
    }
    for (const std::string& name : subscription.added) request.add_resource_names_subscribe(name);
    for (const std::string& name : subscription.dropped) {
      request.add_resource_names_unsubscribe(name);
    }
  }
};

}  // namespace

const Dialect& Delta() {
  static const DeltaDialect dialect;
  return dialect;
}

}  // namespace sluice

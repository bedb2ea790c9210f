#include <utility>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "source/xds/dialect.h"
#include "source/xds/wire.h"

namespace sluice {
namespace {

namespace discovery = envoy::service::discovery::v3;

constexpr absl::string_view kWrapperUrl = "type.googleapis.com/envoy.service.discovery.v3.Resource";

// A resource as it stands, or in a wrapper that gives it a name, a version and a time to live.
Resource ReadResource(google::protobuf::Any& any, int index, const std::string& version) {
  Resource resource;
  resource.version = version;
  if (any.type_url() != kWrapperUrl) {
    resource.name = NameOf(any);
    resource.body = std::move(any);
    return resource;
  }
  discovery::Resource wrapper;
  if (!any.UnpackTo(&wrapper)) {
    resource.name = absl::StrCat("resources[", index, "]");
    resource.mistake = "cannot be read as a Resource";
    return resource;
  }
  ReadTtl(wrapper, resource);
  if (!wrapper.version().empty()) resource.version = wrapper.version();
  resource.body = std::move(*wrapper.mutable_resource());
  resource.name = wrapper.name().empty() ? NameOf(resource.body) : wrapper.name();
  return resource;
}

class StateOfTheWorldDialect final : public Dialect {
 public:
  std::string AggregatedMethod() const override {
    return "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources";
  }
  std::string Method(const ResourceType& type) const override {
    return absl::StrCat("/", type.service, "/", type.stream_method);
  }

  absl::StatusOr<Response> Read(absl::string_view message) const override {
    discovery::DiscoveryResponse proto;
    if (!proto.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
      return absl::InvalidArgumentError("the message is no DiscoveryResponse");
    }
    Response response{proto.type_url(), proto.version_info(), proto.nonce(), {}, {}};
    response.resources.reserve(static_cast<size_t>(proto.resources_size()));
    for (int i = 0; i < proto.resources_size(); ++i) {
      response.resources.push_back(ReadResource(*proto.mutable_resources(i), i, response.version));
    }
    return response;
  }

  std::optional<std::string> NextRequest(Subscription& subscription,
                                         const envoy::config::core::v3::Node* node) const override {
    if (!subscription.request_due()) return std::nullopt;
    discovery::DiscoveryRequest request;
    if (node != nullptr) *request.mutable_node() = *node;
    request.set_type_url(std::string(subscription.type->url));
    request.set_version_info(subscription.version);
    request.set_response_nonce(subscription.nonce);
    // No names at all ask for everything; beside names that takes a name of its own.
    if (subscription.wants_all && !subscription.names.empty())
      request.add_resource_names(Wildcard());
    for (const std::string& name : subscription.names) request.add_resource_names(name);
    if (!subscription.refusal.empty()) WriteRefusal(subscription, *request.mutable_error_detail());
    subscription.NoteRequest();
    return request.SerializeAsString();
  }

  // Of a kind of which each response is the whole, what it leaves out. It leaves nothing out where
  // it only says what lives on, or where it cannot be seen what it holds.
  std::vector<std::string> Gone(const Subscription& subscription,
                                const Response& response) const override {
    std::vector<std::string> gone;
    if (!subscription.type->is_whole) return gone;
    const auto& resources = response.resources;
    const bool is_only_word =
        !resources.empty() &&
        absl::c_all_of(resources, [](const Resource& resource) { return resource.is_heartbeat; });
    const bool is_hidden = absl::c_any_of(resources, [](const Resource& resource) {
      return resource.name.empty() || !resource.mistake.empty();
    });
    if (is_only_word || is_hidden) return gone;
    absl::flat_hash_set<absl::string_view> present;
    for (const Resource& resource : resources) present.insert(resource.name);
    for (const auto& [name, version] : subscription.versions) {
      if (!present.contains(name)) gone.push_back(name);
    }
    for (const std::string& name : subscription.refused) {
      if (!present.contains(name)) gone.push_back(name);
    }
    return gone;
  }
};

}  // namespace

const Dialect& StateOfTheWorld() {
  static const StateOfTheWorldDialect dialect;
  return dialect;
}

}  // namespace sluice

#include "source/extensions/http/on_demand/on_demand_config.h"

#include <memory>

#include "envoy/extensions/filters/http/on_demand/v3/on_demand.pb.h"
#include "source/extensions/http/on_demand/on_demand_filter.h"

namespace sluice {
namespace {

namespace pb = ::envoy::extensions::filters::http::on_demand::v3;

std::unique_ptr<const HttpFilterFactory> ParseOnDemand(const google::protobuf::Message&,
                                                       const ExtensionContext&, const FieldScope&) {
  return std::make_unique<OnDemandFactory>();
}

}  // namespace

void AddOnDemand(Registry& registry) {
  registry.AddHttpFilter(pb::OnDemand::descriptor()->full_name(), ParseOnDemand);
  registry.AddFilterSettings(pb::PerRouteConfig::descriptor()->full_name(),
                             [](const google::protobuf::Message&, RuntimeKeys*, const FieldScope&) {
                               return FilterValue();
                             });
}

}  // namespace sluice

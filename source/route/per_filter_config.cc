#include "source/route/per_filter_config.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "envoy/config/route/v3/route_components.pb.h"
#include "sluice/extensions/http/upgrade/v1/upgrade.pb.h"
#include "source/config/any_unpack.h"
#include "source/http/websocket/policy_config.h"

namespace sluice {
namespace {

using envoy::config::route::v3::FilterConfig;
using extensions::http::upgrade::v1::UpgradePerRoute;
using google::protobuf::Any;

// An entry, with the FilterConfig around it looked through.
struct Entry {
  explicit Entry(const Any& any) : content(any) {
    FilterConfig wrapper;
    if (!any.Is<FilterConfig>() || !any.UnpackTo(&wrapper)) return;
    is_optional = wrapper.is_optional();
    disabled = wrapper.disabled();
    is_empty = !wrapper.has_config();
    content = wrapper.config();
  }

  Any content;
  bool is_optional = false;
  bool disabled = false;
  bool is_empty = false;  // a FilterConfig without any
};

void Refuse(const Any& content, const FieldScope& at) {
  at.Error(absl::StrCat("no built-in filter takes configuration of type ",
                        TypeOfUrl(content.type_url())),
           "a FilterConfig with is_optional lets the route do without");
}

}  // namespace

PerFilterConfig PerFilterReader::Read(const PerFilterMap& config, const FieldScope& scope,
                                      const PerFilterConfig& outer) const {
  PerFilterConfig read;
  std::vector<FilterSettings> settings;
  for (const auto& [name, any] : config) {
    ReadEntry(name, any, scope.AtKey("typed_per_filter_config", name), read, settings);
  }
  if (read.websocket == nullptr) read.websocket = outer.websocket;
  read.filters = outer.filters;
  if (settings.empty()) return read;
  const FilterSettingsList own =
      std::make_shared<const std::vector<FilterSettings>>(std::move(settings));
  if (outer.filters == nullptr) {
    read.filters = own;
    return read;
  }
  auto merged = std::make_shared<std::vector<FilterSettings>>(*own);
  for (const FilterSettings& said : *outer.filters) {
    if (FindSettings(own.get(), said.filter) == nullptr) merged->push_back(said);
  }
  read.filters = std::move(merged);
  return read;
}

// As Envoy: what is said to a filter without disabling it enables it.
void PerFilterReader::ReadEntry(const std::string& name, const Any& any, const FieldScope& at,
                                PerFilterConfig& config,
                                std::vector<FilterSettings>& settings) const {
  const Entry entry(any);
  FilterSettings said{.filter = FilterKey(name), .disabled = entry.disabled, .value = {}};
  const std::string type = entry.disabled ? "" : ContentType(entry.content);
  if (!entry.disabled && entry.is_empty && !entry.is_optional) {
    return at.At("config").Error("is required", "an empty one enables the filter; or set disabled");
  }
  if (type == UpgradePerRoute::descriptor()->full_name()) {
    const auto per_route = Unpack<UpgradePerRoute>(entry.content, at);
    if (!per_route.has_value()) return;
    if (config.websocket != nullptr)
      at.Error("is the second UpgradePerRoute here", "set one of them");
    config.websocket = std::make_shared<const WebSocketPolicy>(
        ParseWebSocketPolicy(per_route->websocket(), at.At("websocket")));
  } else if (!type.empty()) {
    const bool known = parsers_ != nullptr && parsers_->contains(type);
    if (!known && !entry.is_optional) return Refuse(entry.content, at);
    if (known) {
      const auto message = UnpackAny(entry.content, at);
      if (message == nullptr) return;
      said.value = parsers_->at(type)(*message, runtime_, at);
    }
  }
  settings.push_back(std::move(said));
}

void RefusePerFilterConfig(const PerFilterMap& config, const FieldScope& scope) {
  for (const auto& [name, any] : config) {
    const Entry entry(any);
    const FieldScope at = scope.AtKey("typed_per_filter_config", name);
    if (!entry.is_optional) Refuse(entry.content, at);
  }
}

}  // namespace sluice

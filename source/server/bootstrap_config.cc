#include "source/server/bootstrap_config.h"

#include <algorithm>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "source/config/config_file.h"
#include "source/config/field_scope.h"

namespace sluice {
namespace {

using envoy::config::bootstrap::v3::Bootstrap;

void ApplyNodeOptions(const Options& options, Bootstrap& bootstrap) {
  auto set = [](const std::string& value, std::string* field) {
    if (!value.empty()) *field = value;
  };
  if (options.service_node.empty() && options.service_cluster.empty() &&
      options.service_zone.empty()) {
    return;
  }
  set(options.service_node, bootstrap.mutable_node()->mutable_id());
  set(options.service_cluster, bootstrap.mutable_node()->mutable_cluster());
  if (!options.service_zone.empty()) {
    bootstrap.mutable_node()->mutable_locality()->set_zone(options.service_zone);
  }
}

// Clusters are found by name, and listeners told apart by it. A listener may have none.
template <class Resources>
void CheckNames(const Resources& resources, std::string_view field, const FieldScope& scope) {
  absl::flat_hash_map<std::string_view, int> first_at;
  for (int i = 0; i < resources.size(); ++i) {
    if (resources[i].name().empty()) continue;
    auto [first, is_new] = first_at.emplace(resources[i].name(), i);
    if (is_new) continue;
    FieldScope resource = scope.At(field, i);
    resource.At("name").Error(
        absl::StrCat("\"", resources[i].name(), "\" is taken by ", field, "[", first->second, "]"),
        "names must differ");
  }
}

// "5 errors, 2 of which --unsupported-fields=warn passes over".
std::string Refusal(const LoadedBootstrap& bootstrap, const Options& options) {
  size_t errors = bootstrap.errors.size();
  std::string text = absl::StrCat(errors, errors == 1 ? " error" : " errors");
  if (options.unsupported_fields == UnsupportedFields::kWarn) return text;
  auto unsupported =
      std::count_if(bootstrap.ledger.begin(), bootstrap.ledger.end(), [](const LedgerEntry& entry) {
        return entry.entry_class != LedgerClass::kInert &&
               IsAccepted(entry, UnsupportedFields::kWarn);
      });
  if (unsupported == 0) return text;
  return absl::StrCat(text, ", ", unsupported, " of which --unsupported-fields=warn passes over");
}

}  // namespace

std::unique_ptr<LoadedBootstrap> LoadBootstrap(const Options& options) {
  auto loaded = std::make_unique<LoadedBootstrap>();
  ConfigSources sources{.path = options.config_path, .yaml = options.config_yaml};
  ConfigPolicy policy;
  policy.unsupported_fields = options.unsupported_fields;
  loaded->ledger = LoadConfig(sources, policy, loaded->proto, loaded->lines, loaded->errors);
  ApplyNodeOptions(options, loaded->proto);
  const FieldScope scope(loaded->errors, "static_resources");
  CheckNames(loaded->proto.static_resources().listeners(), "listeners", scope);
  CheckNames(loaded->proto.static_resources().clusters(), "clusters", scope);
  return loaded;
}

std::string BootstrapReport(const LoadedBootstrap& bootstrap, const Options& options) {
  std::string report;
  for (const std::string& option : options.without_effect) {
    absl::StrAppend(&report, "option without effect: ", option, "\n");
  }
  for (const LedgerEntry& entry : bootstrap.ledger) {
    if (!IsAccepted(entry, options.unsupported_fields)) continue;
    absl::StrAppend(&report, "field without effect: ", LedgerLine(entry), "\n");
  }
  if (!bootstrap.errors.empty()) {
    absl::StrAppend(&report, bootstrap.errors.ToString(),
                    "the configuration is refused: ", Refusal(bootstrap, options), "\n");
  } else if (options.mode == RunMode::kValidate) {
    absl::StrAppend(&report, "configuration '",
                    options.config_path.empty() ? "--config-yaml" : options.config_path, "' OK\n");
  }
  return report;
}

}  // namespace sluice

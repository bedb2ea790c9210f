#include "source/control/resource_check.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "source/base/log.h"
#include "source/config/check_rules.h"
#include "source/config/field_ledger.h"
#include "source/config/field_scope.h"

namespace sluice {

void CheckResource(const Resource& resource, google::protobuf::Message& into,
                   ConfigErrors& errors) {
  const FieldScope scope(errors);
  if (!into.ParseFromString(resource.body.value())) {
    return scope.Error(absl::StrCat("cannot be read as a ", into.GetDescriptor()->full_name()));
  }
  CheckRules(into, scope);
  const std::vector<LedgerEntry> ledger = BuildFieldLedger(into, scope, nullptr);
  errors.StartPhase();
  RefuseUnsupported(ledger, UnsupportedFields::kWarn, errors);
  errors.StartPhase();
  for (const LedgerEntry& entry : ledger) {
    if (!IsAccepted(entry, UnsupportedFields::kWarn)) continue;
    SLUICE_LOG(kConfig, kInfo, into.GetDescriptor()->name(), " \"", resource.name,
               "\": field without effect: ", LedgerLine(entry));
  }
}

ResourceError RefusalOf(const Resource& resource, const ConfigErrors& errors) {
  ResourceError refusal = {resource.name, resource.version,
                           std::string(absl::StripSuffix(errors.ToString(), "\n"))};
  for (const ConfigError& error : errors.errors()) {
    refusal.mistakes.push_back({error.path, error.message, error.hint});
  }
  return refusal;
}

}  // namespace sluice

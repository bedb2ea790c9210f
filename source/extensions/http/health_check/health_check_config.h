// The configuration of health_check as a value. The .cc beside it is the only file of the extension
// that sees its proto. Main thread, when configuration is read.
#pragma once

#include <memory>
#include <vector>

#include "source/config/field_scope.h"
#include "source/http/match/header_match.h"
#include "source/sdk/http_filter_factory.h"
#include "source/sdk/process_facts.h"
#include "source/sdk/registry.h"

namespace google::protobuf {
class Message;
}

namespace sluice {

struct HealthCheckConfig {
  const ProcessFacts& process;
  bool passes_through = false;       // the upstream answers while the process is not to fail
  std::vector<HeaderMatch> headers;  // of a health check; all of them
};

// Null, with the errors in `scope`, where the configuration is no good.
std::unique_ptr<const HttpFilterFactory> ParseHealthCheck(const google::protobuf::Message& message,
                                                          const ExtensionContext& context,
                                                          const FieldScope& scope);

void AddHealthCheck(Registry& registry);

}  // namespace sluice

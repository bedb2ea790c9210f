// The configuration of cors as a value. The .cc beside it is the only file of the extension that
// sees its protos. Main thread, when configuration is read.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "source/config/field_scope.h"
#include "source/config/runtime_keys.h"
#include "source/http/match/fraction.h"
#include "source/http/match/string_match.h"
#include "source/route/filter_settings.h"
#include "source/sdk/registry.h"
#include "source/stats/registry.h"

namespace google::protobuf {
class Message;
}

namespace sluice {

// What a route says to the filter, which does nothing without.
struct CorsPolicy {
  std::vector<StringMatch> origins;
  // Values of the headers of these names; empty: there is none.
  std::string allow_methods, allow_headers, expose_headers, max_age;
  bool allow_credentials = false;
  bool allow_private_network = false;
  bool forward_not_matching_preflights = true;
  Fraction enabled;  // of the requests
  Fraction shadow;   // counted, of those that it is not enabled for

  bool Allows(absl::string_view origin) const;
};

struct CorsStats {
  explicit CorsStats(const ExtensionContext& context);
  Counter origin_valid, origin_invalid;
};

// Empty, with the errors in `scope`, where the policy is no good.
FilterValue ParseCorsPolicy(const google::protobuf::Message& message, RuntimeKeys* runtime,
                            const FieldScope& scope);

void AddCors(Registry& registry);

}  // namespace sluice

#include "source/extensions/http/header_mutation/header_mutation_config.h"

#include <utility>

#include "envoy/extensions/filters/http/header_mutation/v3/header_mutation.pb.h"
#include "google/protobuf/repeated_field.h"
#include "source/extensions/http/header_mutation/header_mutation_filter.h"
#include "source/route/header_edits_config.h"

namespace sluice {
namespace {

namespace pb = ::envoy::extensions::filters::http::header_mutation::v3;
using Mutation = ::envoy::config::common::mutation_rules::v3::HeaderMutation;

std::vector<HeaderEdits> ParseMutations(
    const google::protobuf::RepeatedPtrField<Mutation>& mutations, std::string_view field,
    const FieldScope& scope) {
  std::vector<HeaderEdits> edits;
  for (int i = 0; i < mutations.size(); ++i) {
    const FieldScope at = scope.At(field, i);
    switch (mutations[i].action_case()) {
      case Mutation::kRemove:
        edits.push_back(ParseHeaderRemoval(mutations[i].remove(), at.At("remove")));
        break;
      case Mutation::kAppend:
        edits.push_back(ParseHeaderAddition(mutations[i].append(), at.At("append")));
        break;
      case Mutation::ACTION_NOT_SET:
        at.Error("does nothing", "set remove or append");
        break;
    }
  }
  return edits;
}

}  // namespace

std::unique_ptr<const HttpFilterFactory> ParseHeaderMutation(
    const google::protobuf::Message& message, const ExtensionContext& context,
    const FieldScope& scope) {
  const auto& proto = static_cast<const pb::HeaderMutation&>(message);
  const size_t errors_before = scope.errors().size();
  const FieldScope at = scope.At("mutations");
  HeaderMutationConfig config;
  config.request = ParseMutations(proto.mutations().request_mutations(), "request_mutations", at);
  config.response =
      ParseMutations(proto.mutations().response_mutations(), "response_mutations", at);
  if (scope.errors().size() != errors_before) return nullptr;
  return std::make_unique<HeaderMutationFactory>(std::move(config));
}

void AddHeaderMutation(Registry& registry) {
  registry.AddHttpFilter(pb::HeaderMutation::descriptor()->full_name(), ParseHeaderMutation);
}

}  // namespace sluice

#include "source/route/route.h"

namespace sluice {
namespace {

void ApplyAll(const std::vector<const HeaderEdits*>& levels, const HeaderEdits* weighted,
              bool weighted_last, Headers& headers, const FormatContext& context,
              std::string& scratch) {
  if (weighted != nullptr && !weighted_last) weighted->Apply(headers, context, scratch);
  for (const HeaderEdits* edits : levels) edits->Apply(headers, context, scratch);
  if (weighted != nullptr && weighted_last) weighted->Apply(headers, context, scratch);
}

}  // namespace

void ApplyRequestEdits(const Route& route, const WeightedCluster* weighted, Headers& headers,
                       const FormatContext& context, std::string& scratch) {
  ApplyAll(route.request_edits, weighted == nullptr ? nullptr : &weighted->request_edits,
           route.weighted_edits_last, headers, context, scratch);
}

void ApplyResponseEdits(const Route& route, const WeightedCluster* weighted, Headers& headers,
                        const FormatContext& context, std::string& scratch) {
  ApplyAll(route.response_edits, weighted == nullptr ? nullptr : &weighted->response_edits,
           route.weighted_edits_last, headers, context, scratch);
}

}  // namespace sluice

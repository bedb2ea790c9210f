#include "source/route/route_predicate.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "source/route/rewrite.h"

namespace sluice {
namespace {

// "application/grpc", or "application/grpc+" and a message format.
bool IsGrpc(const Headers& headers) {
  constexpr absl::string_view kGrpc = "application/grpc";
  const absl::string_view type = headers.Get(HeaderId::kContentType);
  return absl::StartsWith(type, kGrpc) &&
         (type.size() == kGrpc.size() || type[kGrpc.size()] == '+');
}

}  // namespace

RouteRequest::RouteRequest(const Headers& headers, uint64_t random_value)
    : headers(headers), random_value(random_value) {
  const Header* target = headers.Find(HeaderId::kPath);
  has_path = target != nullptr;
  connect = headers.Get(HeaderId::kMethod) == "CONNECT";
  if (!has_path) return;
  path = PathWithoutQuery(target->value);
  const absl::string_view rest = target->value.substr(path.size());
  if (!rest.empty() && rest[0] == '?') query = rest.substr(1, rest.find('#') - 1);
}

bool RouteConditions::Match(const RouteRequest& request) const {
  if (fraction.has_value() && !fraction->Includes(request.random_value)) return false;
  if (grpc && !IsGrpc(request.headers)) return false;
  return std::all_of(headers.begin(), headers.end(),
                     [&](const HeaderMatch& match) { return match.Matches(request.headers); }) &&
         std::all_of(query.begin(), query.end(),
                     [&](const QueryMatch& match) { return match.Matches(request.query); });
}

bool RoutePredicate::Matches(const RouteRequest& request) const {
  const bool path_matches = path.kind == PathMatch::Kind::kConnect
                                ? request.connect
                                : request.has_path && path.Matches(request.path);
  return path_matches && conditions.Match(request);
}

}  // namespace sluice

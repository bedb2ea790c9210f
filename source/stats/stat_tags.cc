#include "source/stats/stat_tags.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace sluice {
namespace {

// Segments of a name: a word is itself, * any one, $ the tag, $+ a tag of one or more segments, **
// one or more segments at the end. More special patterns stand before more general ones.
struct Pattern {
  absl::string_view tag;
  absl::string_view segments;
};

constexpr Pattern kPatterns[] = {
    {"envoy.grpc_bridge_method", "cluster.*.grpc.*.$.**"},
    {"envoy.http_user_agent", "http.*.user_agent.$.**"},
    {"envoy.virtual_cluster", "vhost.*.vcluster.$.**"},
    {"envoy.fault_downstream_cluster", "http.*.fault.$.**"},
    {"envoy.ssl_cipher", "listener.*.ssl.ciphers.$"},
    {"envoy.ssl_curve", "listener.*.ssl.curves.$"},
    {"envoy.ssl_curve", "cluster.*.ssl.curves.$"},
    {"envoy.ssl_sigalg", "listener.*.ssl.sigalgs.$"},
    {"envoy.ssl_sigalg", "cluster.*.ssl.sigalgs.$"},
    {"envoy.ssl_version", "listener.*.ssl.versions.$+"},
    {"envoy.ssl_version", "cluster.*.ssl.versions.$+"},
    {"cipher_suite", "cluster.*.ssl.ciphers.$"},
    {"envoy.grpc_bridge_service", "cluster.*.grpc.$.**"},
    {"envoy.tcp_prefix", "tcp.$.**"},
    {"envoy.udp_prefix", "udp.$.**"},
    {"envoy.ratelimit_prefix", "ratelimit.$.**"},
    {"envoy.cluster_name", "cluster.$.**"},
    {"envoy.http_conn_manager_prefix", "listener.*.http.$.**"},
    {"envoy.ext_authz_prefix", "cluster.*.ext_authz.$.**"},
    {"envoy.ext_authz_prefix", "http.*.ext_authz.$.**"},
    {"envoy.http_conn_manager_prefix", "http.$.**"},
    {"envoy.listener_address", "listener.$.**"},
    {"envoy.virtual_host", "vhost.$.**"},
    {"envoy.rds_route_config", "http.*.rds.$+.*"},
    {"envoy.route", "vhost.*.route.$.**"},
    {"envoy.local_http_ratelimit_prefix", "$.http_local_rate_limit.**"},
    {"envoy.local_network_ratelimit_prefix", "local_rate_limit.$.**"},
    {"envoy.local_listener_ratelimit_prefix", "listener_local_ratelimit.$.**"},
};

bool IsNumber(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

// An address of a listener ("127.0.0.1_10000") is one segment in spite of its dots.
std::vector<absl::string_view> Segments(absl::string_view name) {
  std::vector<absl::string_view> segments = absl::StrSplit(name, '.');
  if (segments.size() < 6 || segments[0] != "listener") return segments;
  const std::vector<absl::string_view> last = absl::StrSplit(segments[4], '_');
  if (last.size() == 2 && IsNumber(segments[1]) && IsNumber(segments[2]) && IsNumber(segments[3]) &&
      IsNumber(last[0]) && IsNumber(last[1])) {
    const char* begin = segments[1].data();
    const char* end = segments[4].data() + segments[4].size();
    segments[1] = absl::string_view(begin, static_cast<size_t>(end - begin));
    segments.erase(segments.begin() + 2, segments.begin() + 5);
  }
  return segments;
}

// A run of segments that is a tag's value.
struct Run {
  size_t begin;
  size_t count;
};

std::optional<Run> Match(absl::string_view pattern,
                         const std::vector<absl::string_view>& segments) {
  Run run{0, 0};
  size_t at = 0;
  while (!pattern.empty()) {
    const absl::string_view part = pattern.substr(0, pattern.find('.'));
    pattern.remove_prefix(std::min(pattern.size(), part.size() + 1));
    if (at >= segments.size()) return std::nullopt;
    if (part == "**") return run;
    if (part == "$+") {
      const size_t after =
          pattern.empty() ? 0 : 1 + static_cast<size_t>(absl::c_count(pattern, '.'));
      if (segments.size() - at <= after) return std::nullopt;
      run = {at, segments.size() - at - after};
      at += run.count;
      continue;
    }
    if (part == "$") {
      run = {at, 1};
    } else if (part != "*" && part != segments[at]) {
      return std::nullopt;
    }
    ++at;
  }
  return at == segments.size() ? std::optional<Run>(run) : std::nullopt;
}

// "upstream_rq_200" and "upstream_rq_2xx": the status leaves the last segment.
void TakeStatus(std::string& name, std::vector<StatTag>& tags) {
  const size_t size = name.size();
  const absl::string_view text = name;
  if (size >= 7 && text.substr(size - 7, 4) == "_rq_" && IsNumber(text.substr(size - 3))) {
    tags.push_back({"envoy.response_code", name.substr(size - 3)});
    name.resize(size - 4);
  } else if (size >= 7 && text.substr(size - 7, 4) == "_rq_" && absl::EndsWith(text, "xx") &&
             absl::ascii_isdigit(text[size - 3])) {
    tags.push_back({"envoy.response_code_class", name.substr(size - 3, 1)});
    name.erase(size - 3, 1);
  }
}

// "listener_manager.worker_0.x": the number leaves, the word stays before what follows.
void TakeWorker(std::vector<absl::string_view>& segments, std::vector<StatTag>& tags) {
  constexpr absl::string_view kWorker = "worker_";
  const size_t at = segments[0] == "listener" ? 2 : 1;
  if (segments[0] != "listener" && segments[0] != "listener_manager" && segments[0] != "server") {
    return;
  }
  if (segments.size() <= at + 1 || !absl::StartsWith(segments[at], kWorker)) return;
  const absl::string_view number = segments[at].substr(kWorker.size());
  if (!IsNumber(number)) return;
  tags.push_back({"envoy.worker_id", std::string(number)});
  segments[at] = kWorker;
}

}  // namespace

TaggedStatName ExtractStatTags(absl::string_view stat_name) {
  TaggedStatName result;
  std::string name(stat_name);
  TakeStatus(name, result.tags);
  std::vector<absl::string_view> segments = Segments(name);
  std::vector<bool> taken(segments.size());
  for (const Pattern& pattern : kPatterns) {
    const std::optional<Run> run = Match(pattern.segments, segments);
    if (!run.has_value()) continue;
    const auto first = segments.begin() + static_cast<std::ptrdiff_t>(run->begin);
    std::string value = absl::StrJoin(first, first + static_cast<std::ptrdiff_t>(run->count), ".");
    if (value.empty() || (pattern.tag == "envoy.listener_address" && value == "admin")) continue;
    result.tags.push_back({pattern.tag, std::move(value)});
    for (size_t i = 0; i < run->count; ++i) taken[run->begin + i] = true;
  }
  TakeWorker(segments, result.tags);
  for (size_t i = 0; i < segments.size(); ++i) {
    if (taken[i]) continue;
    const bool joined = result.name.empty() || absl::EndsWith(result.name, "worker_");
    absl::StrAppend(&result.name, joined ? "" : ".", segments[i]);
  }
  return result;
}

}  // namespace sluice

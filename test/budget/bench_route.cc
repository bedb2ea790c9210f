// What it costs to find a request's route, by the number of routes and of virtual hosts: the line
// is to be flat. The request is for the last of them.
//
// bazel run -c opt //test/budget:bench_route
#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "envoy/config/route/v3/route.pb.h"
#include "source/accesslog/log_format.h"
#include "source/base/arena.h"
#include "source/base/check.h"
#include "source/route/route_config.h"

namespace sluice {
namespace {

using envoy::config::route::v3::RouteConfiguration;
using envoy::config::route::v3::VirtualHost;

enum class Paths { kPrefixes, kExact, kOneSegment };

std::string PathOf(Paths paths, int i) {
  switch (paths) {
    case Paths::kPrefixes:
      return absl::StrCat("/api/v1/service-", i, "/");
    case Paths::kExact:
      return absl::StrCat("/api/v1/service-", i, "/status");
    case Paths::kOneSegment:
      return absl::StrCat("/", i, "/");
  }
  return "";
}

void AddRoutes(VirtualHost& host, Paths paths, int count) {
  for (int i = 0; i < count; ++i) {
    auto& route = *host.add_routes();
    if (paths == Paths::kExact) {
      route.mutable_match()->set_path(PathOf(paths, i));
    } else {
      route.mutable_match()->set_prefix(PathOf(paths, i));
    }
    route.mutable_route()->set_cluster(absl::StrCat("backend"));
  }
}

std::shared_ptr<const RouteTable> Build(const RouteConfiguration& config) {
  ConfigErrors errors;
  auto table = ParseRouteTable(config, FieldScope(errors, "routes"));
  SLUICE_CHECK(table != nullptr);
  return table;
}

void Match(benchmark::State& state, const RouteTable& table, const std::string& host,
           const std::string& path) {
  Arena arena;
  Headers headers(arena);
  headers.Add(":method", "GET");
  headers.Add(":authority", host);
  headers.Add(":path", path);
  for (auto _ : state) {
    const RouteMatch match = table.Match(headers, false, 0);
    SLUICE_CHECK(match.route != nullptr);
    benchmark::DoNotOptimize(match);
  }
}

void BM_Routes(benchmark::State& state, Paths paths) {
  const int count = static_cast<int>(state.range(0));
  RouteConfiguration config;
  auto& host = *config.add_virtual_hosts();
  host.set_name(absl::StrCat("all"));
  host.add_domains(absl::StrCat("*"));
  AddRoutes(host, paths, count);
  const std::string path = PathOf(paths, count - 1);
  Match(state, *Build(config), "www.example.com",
        absl::StrCat(path, paths == Paths::kExact ? "?a" : "users/42?verbose=1"));
}
BENCHMARK_CAPTURE(BM_Routes, Prefixes, Paths::kPrefixes)->Arg(1)->Arg(1000)->Arg(10000);
BENCHMARK_CAPTURE(BM_Routes, Exact, Paths::kExact)->Arg(1)->Arg(1000)->Arg(10000);
BENCHMARK_CAPTURE(BM_Routes, OneSegment, Paths::kOneSegment)->Arg(1)->Arg(1000)->Arg(10000);

void BM_VirtualHosts(benchmark::State& state, absl::string_view star) {
  const int count = static_cast<int>(state.range(0));
  RouteConfiguration config;
  for (int i = 0; i < count; ++i) {
    auto& host = *config.add_virtual_hosts();
    host.set_name(absl::StrCat("host ", i));
    host.add_domains(absl::StrCat(star, "tenant-", i, ".example.com"));
    AddRoutes(host, Paths::kPrefixes, 1);
  }
  const absl::string_view first_label = star.empty() ? "" : "www.";
  Match(state, *Build(config), absl::StrCat(first_label, "tenant-", count - 1, ".example.com"),
        PathOf(Paths::kPrefixes, 0));
}
BENCHMARK_CAPTURE(BM_VirtualHosts, Exact, "")->Arg(1)->Arg(1000)->Arg(10000);
BENCHMARK_CAPTURE(BM_VirtualHosts, Suffix, "*.")->Arg(1)->Arg(1000)->Arg(10000);

void BM_DefaultAccessLogLine(benchmark::State& state) {
  ConfigErrors errors;
  const auto format = LogFormat::Parse(LogFormat::DefaultText(), FieldScope(errors, "format"));
  Arena arena;
  Headers headers(arena);
  headers.Add(":method", "GET");
  headers.Add(":authority", "www.example.com");
  headers.Add(":path", "/api/v1/users/42");
  headers.Add("user-agent", "benchmark/1.0");
  StreamInfo info;
  info.response_code = 200;
  const FormatContext context{.info = info, .request = &headers, .response = &headers};
  std::string line;
  for (auto _ : state) {
    line.clear();
    format->Append(context, line);
    benchmark::DoNotOptimize(line.data());
  }
}
BENCHMARK(BM_DefaultAccessLogLine);

}  // namespace
}  // namespace sluice

// Route configurations and the requests they meet: text proto up to a line "---", then a request a
// line: host, path, and the value of a header "x-h". A table that is accepted answers every
// request, and what it says is done to the request, without a crash; a format string in it formats.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "envoy/config/route/v3/route.pb.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"
#include "source/base/arena.h"
#include "source/base/check.h"
#include "source/route/route_config.h"

namespace sluice {
namespace {

// Else protobuf prints every mistake of every input.
class SilentErrors final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int, int, const std::string&) override {}
};

void Act(const Route& route, uint64_t random, Headers& headers, std::string& scratch) {
  const StreamInfo info{};
  const FormatContext context{.info = info, .request = &headers, .response = &headers};
  scratch.clear();
  if (const auto* redirect = std::get_if<Redirect>(&route.action)) {
    redirect->AppendLocation(headers, scratch);
  }
  const WeightedCluster* weighted = nullptr;
  if (const ClusterAction* action = route.cluster_action()) {
    weighted = ChooseCluster(*action, headers, random).weighted;
    action->host_rewrite.Apply(headers, ForwardedHost::kAppend, OriginalHeaders::kSet, scratch);
    action->path_rewrite.Apply(headers, OriginalHeaders::kSet, scratch);
  }
  ApplyRequestEdits(route, weighted, headers, context, scratch);
  ApplyResponseEdits(route, weighted, headers, context, scratch);
}

void Ask(const RouteTable& table, absl::string_view line) {
  const std::vector<absl::string_view> parts = absl::StrSplit(line, ' ');
  Arena arena;
  Headers headers(arena);
  headers.Add(":method", line.size() % 7 == 0 ? "CONNECT" : "GET");
  headers.Add(":authority", parts[0]);
  if (parts.size() > 1) headers.Add(":path", parts[1]);
  for (size_t i = 2; i < parts.size() && i < 20; ++i) headers.Add("x-h", parts[i]);
  const uint64_t random = line.size() * 77'777;
  const RouteMatch match = table.Match(headers, line.size() % 2 == 0, random);
  SLUICE_CHECK((match.route != nullptr) == (match.failure == NoRoute::kNone));
  SLUICE_CHECK(match.virtual_host != nullptr || match.failure == NoRoute::kNoVirtualHost);
  std::string scratch;
  if (match.route != nullptr) Act(*match.route, random, headers, scratch);
}

void ReadAndAsk(absl::string_view input) {
  const size_t line = input.find("\n---\n");
  const std::string text(input.substr(0, line));
  // A fuzzer must not read what happens to lie on this machine.
  if (absl::StrContains(text, "filename")) return;
  envoy::config::route::v3::RouteConfiguration config;
  google::protobuf::TextFormat::Parser parser;
  SilentErrors silent;
  parser.RecordErrorsTo(&silent);
  if (!parser.ParseFromString(text, &config)) return;
  ConfigErrors errors;
  const auto table = ParseRouteTable(config, FieldScope(errors, "routes"));
  SLUICE_CHECK((table != nullptr) == errors.empty());
  if (table == nullptr || line == absl::string_view::npos) return;
  int requests = 0;
  for (absl::string_view request : absl::StrSplit(input.substr(line + 5), '\n')) {
    if (++requests > 50) return;
    Ask(*table, request);
  }
}

}  // namespace
}  // namespace sluice

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  if (size > 16 * 1024) return 0;
  sluice::ReadAndAsk({reinterpret_cast<const char*>(bytes), size});
  return 0;
}

#include "source/upstream/health/http_probe.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "source/http/stream_info.h"

namespace sluice {
namespace {

// What the service calls itself (its health check filter puts it there).
constexpr absl::string_view kServiceName = "x-envoy-upstream-healthchecked-cluster";

// "200", "200-299 or 404".
std::string StatusesText(const StatusRanges& ranges) {
  return absl::StrJoin(ranges, " or ", [](std::string* out, const auto& range) {
    absl::StrAppend(out, range.first);
    if (range.second > range.first + 1) absl::StrAppend(out, "-", range.second - 1);
  });
}

}  // namespace

uint16_t AnsweredStatus(const Headers& head) {
  uint32_t status = 0;
  if (!absl::SimpleAtoi(head.Get(HeaderId::kStatus), &status) || status > 999) return 0;
  return static_cast<uint16_t>(status);
}

HttpProbe::HttpProbe(const ProbeTarget& target, const HttpProbeSpec& spec, Report report)
    : target_(target),
      spec_(spec),
      report_(std::move(report)),
      client_(target_, spec.http2 ? ProbeClient::Version::kHttp2 : ProbeClient::Version::kHttp1,
              target.check.alpn, *this) {}

void HttpProbe::Start() {
  match_.reset();
  idle_bytes_ = 0;
  Headers& request = client_.NewRequest(spec_.method, spec_.path, target_.Authority(spec_.host));
  if (!spec_.send.empty()) request.Add("content-length", absl::StrCat(spec_.send.size()));
  if (!spec_.edits.empty()) {
    std::string scratch;
    const StreamInfo none{};  // operators that ask for a client find none
    spec_.edits.Apply(request, {.info = none, .request = &request}, scratch);
  }
  client_.Send(spec_.send);
}

ProbeResult HttpProbe::JudgeHead(const Headers& head) const {
  const uint16_t status = AnsweredStatus(head);
  const std::string said = absl::StrCat("status ", status);
  if (!Includes(spec_.expected, status)) {
    const std::string words = absl::StrCat(said, ", expected ", StatusesText(spec_.expected));
    if (head.Has(HeaderId::kXEnvoyImmediateHealthCheckFail))
      return {ProbeVerdict::kExcluded, words};
    if (Includes(spec_.retriable, status)) return {ProbeVerdict::kRetriable, words};
    return {ProbeVerdict::kFail, words};
  }
  if (spec_.service_name.has_value()) {
    target_.cluster->health_stats->verify_cluster.Add(target_.main.stats);
    const Header* const name = head.Find(kServiceName);
    const absl::string_view called = name == nullptr ? absl::string_view() : name->value;
    if (!spec_.service_name->Matches(called)) {
      return {ProbeVerdict::kFail,
              absl::StrCat("the service calls itself \"", called, "\", which is not the one")};
    }
  }
  return {head.Has(HeaderId::kXEnvoyDegraded) ? ProbeVerdict::kDegraded : ProbeVerdict::kPass,
          said};
}

void HttpProbe::OnAnswerHead(const Headers& head) {
  result_ = JudgeHead(head);
  if (Passes(result_.verdict) && !spec_.receive.empty()) {
    match_.emplace(spec_.receive, spec_.receive_bytes_max);
  }
}

void HttpProbe::OnAnswerBytes(Buffer& bytes) {
  if (match_.has_value() && !match_->decided()) return match_->Take(bytes.ToString());
  idle_bytes_ += bytes.size();
  if (idle_bytes_ > kIdleBodyBytesMax) Finish();
}

void HttpProbe::Finish() {
  if (match_.has_value() && !match_->found()) {
    result_ = {ProbeVerdict::kFail, "the body does not have what was expected"};
  }
  client_.EndExchange();
  report_(std::move(result_));
}

void HttpProbe::OnExchangeFailed(std::string words) {
  report_({ProbeVerdict::kNetwork, std::move(words)});
}

}  // namespace sluice

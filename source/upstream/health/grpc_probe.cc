#include "source/upstream/health/grpc_probe.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "source/http/stream_info.h"
#include "source/upstream/health/http_probe.h"

namespace sluice {
namespace {

constexpr absl::string_view kHttp2Alpn = "\x02h2";
constexpr absl::string_view kCheck = "/grpc.health.v1.Health/Check";
constexpr size_t kFrameHeadBytes = 5;
constexpr int kServing = 1;
constexpr absl::string_view kStatusNames[] = {"UNKNOWN", "SERVING", "NOT_SERVING",
                                              "SERVICE_UNKNOWN"};

// A base 128 varint from the front of `bytes`; false: there is none.
bool TakeVarint(absl::string_view& bytes, uint64_t& value) {
  value = 0;
  for (int shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(bytes[0]);
    bytes.remove_prefix(1);
    value |= uint64_t{byte & 0x7fu} << shift;
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

void AppendVarint(uint64_t value, std::string& out) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

// Over a field that is not looked at; false: there is none, or not one of a kind that is in use.
bool SkipField(uint64_t wire_type, absl::string_view& message) {
  uint64_t length = 0;
  switch (wire_type) {
    case 0:
      return TakeVarint(message, length);
    case 1:
      length = 8;
      break;
    case 2:
      if (!TakeVarint(message, length)) return false;
      break;
    case 5:
      length = 4;
      break;
    default:
      return false;
  }
  if (length > message.size()) return false;
  message.remove_prefix(length);
  return true;
}

}  // namespace

std::string GrpcHealthRequest(absl::string_view service) {
  std::string message;
  if (!service.empty()) {
    message = "\x0a";  // field 1, a string
    AppendVarint(service.size(), message);
    message.append(service.data(), service.size());
  }
  std::string framed(1, '\0');  // not compressed
  for (int shift = 24; shift >= 0; shift -= 8) {
    framed.push_back(static_cast<char>(message.size() >> shift));
  }
  return framed + message;
}

int GrpcServingStatus(absl::string_view bytes) {
  if (bytes.size() < kFrameHeadBytes || bytes[0] != '\0') return -1;
  size_t length = 0;
  for (size_t i = 1; i < kFrameHeadBytes; ++i)
    length = length << 8 | static_cast<uint8_t>(bytes[i]);
  bytes.remove_prefix(kFrameHeadBytes);
  if (length > bytes.size()) return -1;
  absl::string_view message = bytes.substr(0, length);
  int status = 0;  // what a message without the field says
  while (!message.empty()) {
    uint64_t key = 0, value = 0;
    if (!TakeVarint(message, key)) return -1;
    if (key != 8) {  // field 1, a varint
      if (!SkipField(key & 7, message)) return -1;
      continue;
    }
    if (!TakeVarint(message, value)) return -1;
    status = value < std::size(kStatusNames) ? static_cast<int>(value) : 0;
  }
  return status;
}

GrpcProbe::GrpcProbe(const ProbeTarget& target, const GrpcProbeSpec& spec, Report report)
    : target_(target),
      spec_(spec),
      report_(std::move(report)),
      client_(target_, ProbeClient::Version::kHttp2,
              target.check.alpn.empty() ? kHttp2Alpn : absl::string_view(target.check.alpn),
              *this) {}

void GrpcProbe::Start() {
  answer_.clear();
  grpc_status_.clear();
  Headers& request = client_.NewRequest("POST", kCheck, target_.Authority(spec_.authority));
  request.AddReference(HeaderId::kTe, "trailers");
  request.AddReference(HeaderId::kContentType, "application/grpc");
  if (!spec_.metadata.empty()) {
    std::string scratch;
    const StreamInfo none{};
    spec_.metadata.Apply(request, {.info = none, .request = &request}, scratch);
  }
  client_.Send(GrpcHealthRequest(spec_.service));
}

void GrpcProbe::OnAnswerHead(const Headers& head) {
  degraded_ = head.Has(HeaderId::kXEnvoyDegraded);
  const uint16_t status = AnsweredStatus(head);
  if (status != 200) {
    return Finish(ProbeVerdict::kFail, absl::StrCat("status ", status, ", expected 200"));
  }
  if (!absl::StartsWith(head.Get(HeaderId::kContentType), "application/grpc")) {
    return Finish(ProbeVerdict::kFail, "the answer is not gRPC");
  }
  grpc_status_ = std::string(head.Get(HeaderId::kGrpcStatus));  // of an answer without a message
}

void GrpcProbe::OnAnswerBytes(Buffer& bytes) {
  if (answer_.size() + bytes.size() > kAnswerBytesMax) {
    return Finish(ProbeVerdict::kFail, "the answer is too long");
  }
  answer_ += bytes.ToString();
}

void GrpcProbe::OnAnswerEnd(const Headers* trailers) {
  if (trailers != nullptr) grpc_status_ = std::string(trailers->Get(HeaderId::kGrpcStatus));
  if (grpc_status_ != "0") {
    if (grpc_status_.empty()) grpc_status_ = "missing";
    return Finish(ProbeVerdict::kFail, absl::StrCat("grpc-status ", grpc_status_, ", expected 0"));
  }
  const int serving = GrpcServingStatus(answer_);
  if (serving < 0) return Finish(ProbeVerdict::kFail, "the answer has no HealthCheckResponse");
  if (serving != kServing) return Finish(ProbeVerdict::kFail, std::string(kStatusNames[serving]));
  Finish(degraded_ ? ProbeVerdict::kDegraded : ProbeVerdict::kPass, "SERVING");
}

void GrpcProbe::Finish(ProbeVerdict verdict, std::string words) {
  client_.EndExchange();
  report_({verdict, std::move(words)});
}

void GrpcProbe::OnExchangeFailed(std::string words) {
  report_({ProbeVerdict::kNetwork, std::move(words)});
}

}  // namespace sluice

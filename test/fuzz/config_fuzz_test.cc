// Configuration files of any notation, as hostile as they come: the first byte says which (y, j, t,
// b), the rest is the file. What reads without an error must read the same from the text that
// protobuf itself prints of it.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/text_format.h"
#include "source/base/check.h"
#include "source/config/check_rules.h"
#include "source/config/config_file.h"
#include "source/config/field_ledger.h"
#include "source/config/field_scope.h"

namespace sluice {
namespace {

using envoy::config::bootstrap::v3::Bootstrap;

ConfigLimits SmallLimits() {
  ConfigLimits limits;
  limits.file_bytes_max = 64 * 1024;
  limits.nodes_max = 20'000;
  return limits;
}

std::string Bytes(const Bootstrap& bootstrap) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  bootstrap.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

void ExpectReadsTheSame(const std::string& printed, const Bootstrap& bootstrap) {
  if (printed.empty() || printed.size() > SmallLimits().file_bytes_max) return;
  Bootstrap again;
  SourceLines lines;
  ConfigErrors errors(&lines);
  ReadConfigText(printed, ConfigFormat::kTextProto, "printed", SmallLimits(), again, lines, errors);
  SLUICE_CHECK(errors.empty());
  SLUICE_CHECK(Bytes(again) == Bytes(bootstrap));
}

void ReadAndJudge(ConfigFormat format, std::string_view text) {
  Bootstrap bootstrap;
  SourceLines lines;
  ConfigErrors errors(&lines);
  ReadConfigText(text, format, "fuzzed", SmallLimits(), bootstrap, lines, errors);
  bool good = errors.empty();
  CheckRules(bootstrap, FieldScope(errors));
  RefuseUnsupported(BuildFieldLedger(bootstrap, FieldScope(errors), &lines),
                    UnsupportedFields::kWarn, errors);
  SLUICE_CHECK(errors.ToString().empty() == errors.empty());
  if (!good || format == ConfigFormat::kBinary) return;
  std::string printed;
  if (google::protobuf::TextFormat::PrintToString(bootstrap, &printed)) {
    ExpectReadsTheSame(printed, bootstrap);
  }
}

}  // namespace
}  // namespace sluice

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using sluice::ConfigFormat;
  if (size == 0) return 0;
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 'y':
      sluice::ReadAndJudge(ConfigFormat::kYaml, text);
      break;
    case 'j':
      sluice::ReadAndJudge(ConfigFormat::kJson, text);
      break;
    case 't':
      sluice::ReadAndJudge(ConfigFormat::kTextProto, text);
      break;
    case 'b':
      sluice::ReadAndJudge(ConfigFormat::kBinary, text);
      break;
    default:
      break;
  }
  return 0;
}

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"
#include "source/xds/dialect.h"
#include "source/xds/utf8.h"

namespace sluice {

// Of every kind of resource that is the first field, a string; so it is read without all the rest.
std::string NameOf(const google::protobuf::Any& body) {
  using google::protobuf::internal::WireFormatLite;
  constexpr uint32_t kNameTag =
      WireFormatLite::MakeTag(1, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
  const std::string& bytes = body.value();
  google::protobuf::io::CodedInputStream input(reinterpret_cast<const uint8_t*>(bytes.data()),
                                               static_cast<int>(bytes.size()));
  std::string name;
  while (const uint32_t tag = input.ReadTag()) {
    const bool is_good = tag == kNameTag ? WireFormatLite::ReadString(&input, &name)
                                         : WireFormatLite::SkipField(&input, tag);
    if (!is_good) return "";
  }
  return IsUtf8(name) ? name : "";
}

}  // namespace sluice

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "google/protobuf/descriptor.h"

namespace sluice {

// What setting a field does in this build.
enum class FieldClass {
  kEffective,
  // Nothing, and nothing is lost by it; the reason says why.
  kInert,
  // Nothing, and something is: refused in static files unless --unsupported-fields=warn.
  kUnsupported,
  // Nothing, and traffic would be let through that its author wants kept out: always refused.
  kGuardsSecurity,
};

struct FieldSupport {
  FieldClass field_class = FieldClass::kUnsupported;
  // Of kInert.
  std::string_view reason;
  // Of kEffective: the only values that take effect; empty for all.
  std::vector<std::string_view> values;
  // Of kEffective, a message: the only fields of it that are effective here; empty for all those
  // that the message's own row names.
  std::vector<std::string_view> only_fields;
};

// One message of the API of which some fields are classified; the others are kUnsupported.
struct MessageSupport {
  std::string_view name;
  bool is_extension = false;
  bool all_fields_are_effective = false;
  // By field name, in the order of the table.
  std::vector<std::pair<std::string_view, FieldSupport>> fields;
};

// The table of support_table.cc: which fields of the API take effect. Const; read by any thread.
class SupportTable {
 public:
  // The table of this build.
  static const SupportTable& Get();
  // From the table's notation (see support_table.cc). Lines that are not understood go to `bad`.
  static SupportTable Parse(std::string_view text, std::vector<std::string>& bad);

  FieldSupport Of(const google::protobuf::FieldDescriptor& field) const;
  // Whether an Any may hold a message of this type. Messages outside of Envoy's API are their
  // extensions' own: always, and all of their fields take effect.
  bool HasExtension(std::string_view message) const;
  const std::vector<MessageSupport>& messages() const { return messages_; }

 private:
  std::vector<MessageSupport> messages_;
  absl::flat_hash_map<std::string_view, size_t> by_name_;
};

// Full names of the messages that an Any may hold.
std::vector<std::string_view> ExtensionNames();

}  // namespace sluice

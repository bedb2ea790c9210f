#include "source/config/support_page.h"

#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/descriptor.h"
#include "source/config/field_support.h"

namespace sluice {
namespace {

using google::protobuf::Descriptor;

constexpr std::string_view kIntroduction =
    R"(# Which fields of Envoy's API take effect

Made from `source/config/support_table.cc` by `bazel run //test/config:support_page_test`; a test
holds the two together. Sluice ignores nothing in silence: a field that is set and has no effect is
listed at start, by `--mode validate` and on the admin port.

- **effective**: does what Envoy's documentation says; of some fields only the values, or fields, in
  brackets
- **inert**: accepted and does nothing; the reason says why nothing is lost
- **guarded**: not supported, and always refused, because ignoring it would weaken security
- **unsupported**: refused in static files; `--unsupported-fields=warn` loads the rest without it

A message that is not listed here is unsupported as a whole, and so is an extension.
)";

std::string Line(std::string_view name, const std::vector<std::string>& fields) {
  return fields.empty() ? ""
                        : absl::StrCat("- **", name, "**: ", absl::StrJoin(fields, ", "), "\n");
}

std::string Effective(std::string_view field, const FieldSupport& support) {
  std::string text = absl::StrCat("`", field, "`");
  if (!support.values.empty()) {
    absl::StrAppend(&text, " (", absl::StrJoin(support.values, ", "), ")");
  }
  if (!support.only_fields.empty()) {
    absl::StrAppend(&text, " (of it `", absl::StrJoin(support.only_fields, "`, `"), "`)");
  }
  return text;
}

std::string MessageSection(const MessageSupport& message, const Descriptor& type) {
  std::vector<std::string> effective, guarded, unsupported;
  std::string inert;
  for (int i = 0; i < type.field_count(); ++i) {
    std::string_view name = type.field(i)->name();
    FieldSupport support = SupportTable::Get().Of(*type.field(i));
    switch (support.field_class) {
      case FieldClass::kEffective:
        effective.push_back(Effective(name, support));
        break;
      case FieldClass::kInert:
        absl::StrAppend(&inert, "- **inert**: `", name, "`: ", support.reason, "\n");
        break;
      case FieldClass::kGuardsSecurity:
        guarded.push_back(absl::StrCat("`", name, "`"));
        break;
      case FieldClass::kUnsupported:
        unsupported.push_back(absl::StrCat("`", name, "`"));
        break;
    }
  }
  if (type.field_count() == 0) effective.push_back("the message itself");
  return absl::StrCat("\n## ", message.name, message.is_extension ? " (extension)" : "", "\n\n",
                      Line("effective", effective), inert, Line("guarded", guarded),
                      Line("unsupported", unsupported));
}

}  // namespace

std::string SupportPage() {
  std::string page(kIntroduction);
  const auto* pool = google::protobuf::DescriptorPool::generated_pool();
  for (const MessageSupport& message : SupportTable::Get().messages()) {
    const Descriptor* type = pool->FindMessageTypeByName(std::string(message.name));
    if (type != nullptr) page += MessageSection(message, *type);
  }
  return page;
}

}  // namespace sluice

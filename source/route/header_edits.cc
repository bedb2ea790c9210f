#include "source/route/header_edits.h"

#include <utility>

#include "absl/container/inlined_vector.h"
#include "source/http/message_rules.h"

namespace sluice {
namespace {

struct Pending {
  const HeaderAddition* addition;
  absl::string_view value;
};

absl::string_view Evaluate(const HeaderAddition& addition, Headers& headers,
                           const FormatContext& context, std::string& scratch) {
  if (addition.value.constant()) return addition.value.constant_text();
  scratch.clear();
  addition.value.Append(context, scratch);
  // RFC 9110 section 5.5: whatever an operator has found, a value stays one value.
  for (char& c : scratch) {
    if (!IsFieldValueByte(c)) c = '_';
  }
  return headers.arena().Copy(scratch);
}

bool Applies(const HeaderAddition& addition, const Headers& headers) {
  switch (addition.action) {
    case HeaderAction::kAppendOrAdd:
    case HeaderAction::kOverwriteOrAdd:
      return true;
    case HeaderAction::kAddIfAbsent:
      return addition.name.FindIn(headers) == nullptr;
    case HeaderAction::kOverwriteIfPresent:
      return addition.name.FindIn(headers) != nullptr;
  }
  return false;
}

bool Overwrites(const HeaderAddition& addition) {
  return addition.action == HeaderAction::kOverwriteOrAdd ||
         addition.action == HeaderAction::kOverwriteIfPresent;
}

void Overwrite(const HeaderKey& name, absl::string_view value, Headers& headers) {
  if (name.id != HeaderId::kUnknown) {
    headers.SetReference(name.id, value);
  } else {
    headers.Set(name.text, value);
  }
}

void Add(const HeaderKey& name, absl::string_view value, Headers& headers) {
  if (name.id != HeaderId::kUnknown) {
    headers.AddReference(name.id, value);
  } else {
    headers.AddReference(name.text, name.id, value);
  }
}

}  // namespace

HeaderEdits::HeaderEdits(std::vector<HeaderKey> removals, std::vector<HeaderAddition> additions)
    : removals_(std::move(removals)), additions_(std::move(additions)) {}

void HeaderEdits::Apply(Headers& headers, const FormatContext& context,
                        std::string& scratch) const {
  for (const HeaderKey& name : removals_) {
    if (name.id != HeaderId::kUnknown) {
      headers.Remove(name.id);
    } else {
      headers.Remove(name.text);
    }
  }
  if (additions_.empty()) return;
  absl::InlinedVector<Pending, 16> pending;
  for (const HeaderAddition& addition : additions_) {
    if (!Applies(addition, headers)) continue;
    const absl::string_view value = Evaluate(addition, headers, context, scratch);
    if (!value.empty() || addition.keep_empty_value) pending.push_back({&addition, value});
  }
  for (const Pending& edit : pending) {
    if (Overwrites(*edit.addition)) Overwrite(edit.addition->name, edit.value, headers);
  }
  for (const Pending& edit : pending) {
    if (!Overwrites(*edit.addition)) Add(edit.addition->name, edit.value, headers);
  }
}

}  // namespace sluice

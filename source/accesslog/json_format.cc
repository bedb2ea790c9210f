#include "source/accesslog/json_format.h"

#include "source/accesslog/format_operator.h"
#include "source/base/json_text.h"

namespace sluice {
namespace {

// Makes a JSON string of the text that `out` ends with, from `start` on, without a second buffer.
void QuoteTail(size_t start, std::string& out) {
  const size_t raw_bytes = out.size() - start;
  // An escape takes six bytes at most; with the room there, the view stays good while it is read.
  out.reserve(out.size() + 6 * raw_bytes + 2);
  AppendJsonString(absl::string_view(out.data() + start, raw_bytes), out);
  out.erase(start, raw_bytes);
}

}  // namespace

void JsonFormat::Append(const FormatContext& context, std::string& out) const {
  AppendObject(root_, context, out);
  out += '\n';
}

void JsonFormat::AppendObject(const Value& value, const FormatContext& context,
                              std::string& out) const {
  out += '{';
  bool first = true;
  for (const auto& [name, field] : value.fields) {
    const size_t start = out.size();
    if (!first) out += ',';
    out += name;
    out += ':';
    if (AppendValue(field, context, out)) {
      first = false;
    } else {
      out.resize(start);
    }
  }
  out += '}';
}

bool JsonFormat::AppendValue(const Value& value, const FormatContext& context,
                             std::string& out) const {
  switch (value.kind) {
    case Value::Kind::kConstant:
      out += value.text;
      return true;
    case Value::Kind::kObject:
      AppendObject(value, context, out);
      return true;
    case Value::Kind::kList: {
      out += '[';
      for (size_t i = 0; i < value.items.size(); ++i) {
        if (i > 0) out += ',';
        if (!AppendValue(value.items[i], context, out)) out += "null";
      }
      out += ']';
      return true;
    }
    case Value::Kind::kFormat:
    case Value::Kind::kTyped:
      break;
  }
  const size_t start = out.size();
  const FormatOperator* op =
      value.kind == Value::Kind::kTyped ? value.format->single_operator() : nullptr;
  if (op == nullptr) {
    value.format->Append(context, out);
  } else if (!op->Append(context, out)) {
    if (absent_ == AbsentField::kOmit) return false;
    out += "null";
    return true;
  } else if (op->number) {
    return true;
  }
  QuoteTail(start, out);
  return true;
}

}  // namespace sluice

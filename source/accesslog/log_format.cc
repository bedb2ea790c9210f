#include "source/accesslog/log_format.h"

#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "source/accesslog/format_operator.h"
#include "source/config/suggest.h"

namespace sluice {
namespace {

// One "%NAME(argument):length%" of a format, not yet understood.
struct Command {
  absl::string_view name;
  std::optional<absl::string_view> argument;
  std::optional<absl::string_view> length;
};

bool IsNameCharacter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Takes a command off the front of `rest`, which follows its '%'; false when it is not well formed.
bool TakeCommand(absl::string_view& rest, Command& command) {
  size_t at = 0;
  while (at < rest.size() && IsNameCharacter(rest[at])) ++at;
  command.name = rest.substr(0, at);
  if (at < rest.size() && rest[at] == '(') {
    const size_t close = rest.find(')', at);
    if (close == absl::string_view::npos) return false;
    command.argument = rest.substr(at + 1, close - at - 1);
    at = close + 1;
  }
  if (at < rest.size() && rest[at] == ':') {
    const size_t start = ++at;
    while (at < rest.size() && absl::ascii_isdigit(static_cast<unsigned char>(rest[at]))) ++at;
    command.length = rest.substr(start, at - start);
  }
  if (at >= rest.size() || rest[at] != '%' || command.name.empty()) return false;
  rest.remove_prefix(at + 1);
  return true;
}

std::string HostName() {
  char name[256] = {};
  if (gethostname(name, sizeof(name) - 1) != 0) return "";
  return name;
}

class FormatParser {
 public:
  FormatParser(absl::string_view format, const FieldScope& scope) : rest_(format), scope_(scope) {}

  std::optional<std::vector<FormatOperator>> Parse() {
    while (!rest_.empty()) {
      const size_t percent = rest_.find('%');
      AddLiteral(rest_.substr(0, percent));
      if (percent == absl::string_view::npos) break;
      rest_.remove_prefix(percent + 1);
      if (absl::StartsWith(rest_, "%")) {
        AddLiteral("%");
        rest_.remove_prefix(1);
        continue;
      }
      Command command;
      if (!TakeCommand(rest_, command)) {
        Fail(absl::StrCat("no command operator after the % at \"", rest_.substr(0, 40), "\""),
             "write %OPERATOR%, or %% for a percent sign");
        break;  // where the next operator starts is a guess
      }
      AddOperator(command);
    }
    if (!good_) return std::nullopt;
    return std::move(operators_);
  }

 private:
  void Fail(absl::string_view message, absl::string_view hint = {}) {
    scope_.Error(message, hint);
    good_ = false;
  }

  void AddLiteral(absl::string_view text) {
    if (text.empty()) return;
    if (operators_.empty() || operators_.back().evaluate != nullptr) operators_.emplace_back();
    absl::StrAppend(&operators_.back().text, text);
  }

  void AddOperator(const Command& command) {
    const OperatorKind* kind = FindOperatorKind(command.name);
    if (kind == nullptr) {
      Fail(absl::StrCat("unknown command operator %", command.name, "%"),
           DidYouMean(command.name, OperatorNames()));
      return;
    }
    FormatOperator op;
    op.evaluate = kind->evaluate;
    op.number = kind->number;
    if (command.length.has_value() && !absl::SimpleAtoi(*command.length, &op.bytes_max)) {
      Fail(absl::StrCat("%", command.name, "% has no number of bytes after its ':'"));
      return;
    }
    if (TakeArgument(*kind, command, op)) operators_.push_back(std::move(op));
  }

  bool TakeArgument(const OperatorKind& kind, const Command& command, FormatOperator& op) {
    const absl::string_view argument = command.argument.value_or("");
    switch (kind.argument) {
      case OperatorArgument::kNone:
      case OperatorArgument::kHostName:
        if (command.argument.has_value()) {
          Fail(absl::StrCat("%", command.name, "% takes no parentheses"));
          return false;
        }
        if (kind.argument == OperatorArgument::kHostName) op.text = HostName();
        return true;
      case OperatorArgument::kHeaders:
        return TakeHeaders(command.name, argument, op);
      case OperatorArgument::kTime:
        op.time = argument.empty() ? TimeFormat() : TimeFormat::Parse(argument, scope_);
        good_ = good_ && op.time.has_value();
        return op.time.has_value();
      case OperatorArgument::kVariable:
        if (argument.empty()) {
          Fail(absl::StrCat("%", command.name, "% needs the name of a variable in parentheses"));
          return false;
        }
        if (const char* value = std::getenv(std::string(argument).c_str())) op.text = value;
        return true;
      case OperatorArgument::kMetadata:
        op.path = absl::StrSplit(argument, ':');
        if (op.path.front().empty()) {
          Fail(absl::StrCat("%", command.name, "% needs a namespace in parentheses"));
          return false;
        }
        // Cut to a length an object is none any more.
        op.number = op.path.size() == 1 && op.bytes_max == absl::string_view::npos;
        return true;
      case OperatorArgument::kUnevaluated:
        return true;
    }
    return false;
  }

  bool TakeHeaders(absl::string_view name, absl::string_view argument, FormatOperator& op) {
    const size_t question = argument.find('?');
    const bool two = question != absl::string_view::npos;
    op.header = HeaderKey(argument.substr(0, question));
    if (two) op.alternative = HeaderKey(argument.substr(question + 1));
    if (op.header.empty() || (two && op.alternative.empty()) ||
        absl::StrContains(op.alternative.text, '?')) {
      Fail(absl::StrCat("%", name, "% needs one or two header names in parentheses"),
           absl::StrCat("write %", name, "(NAME)% or %", name, "(NAME?OTHER)%"));
      return false;
    }
    return true;
  }

  absl::string_view rest_;
  const FieldScope& scope_;
  std::vector<FormatOperator> operators_;
  bool good_ = true;
};

}  // namespace

LogFormat::LogFormat(std::vector<FormatOperator> operators, AbsentText absent)
    : operators_(std::move(operators)), absent_(absent) {}
LogFormat::~LogFormat() = default;
LogFormat::LogFormat(LogFormat&&) noexcept = default;
LogFormat& LogFormat::operator=(LogFormat&&) noexcept = default;

std::optional<LogFormat> LogFormat::Parse(absl::string_view format, const FieldScope& scope,
                                          AbsentText absent) {
  std::optional<std::vector<FormatOperator>> operators = FormatParser(format, scope).Parse();
  if (!operators.has_value()) return std::nullopt;
  return LogFormat(std::move(*operators), absent);
}

absl::string_view LogFormat::DefaultText() {
  return "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" "
         "%RESPONSE_CODE% %RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION% "
         "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"%REQ(X-FORWARDED-FOR)%\" \"%REQ(USER-AGENT)%\" "
         "\"%REQ(X-REQUEST-ID)%\" \"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\"\n";
}

void LogFormat::Append(const FormatContext& context, std::string& out) const {
  for (const FormatOperator& op : operators_) {
    if (!op.Append(context, out) && absent_ == AbsentText::kDash) out += '-';
  }
}

bool LogFormat::constant() const {
  return operators_.empty() || (operators_.size() == 1 && operators_[0].evaluate == nullptr);
}

absl::string_view LogFormat::constant_text() const {
  return operators_.empty() ? absl::string_view() : operators_[0].text;
}

const FormatOperator* LogFormat::single_operator() const {
  return operators_.size() == 1 && operators_[0].evaluate != nullptr ? &operators_[0] : nullptr;
}

}  // namespace sluice

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "source/config/config_text.h"

namespace sluice {
namespace {

using google::protobuf::io::ArrayInputStream;
using google::protobuf::io::Tokenizer;

// What the tokenizer itself finds wrong (an unended string, a control character).
class FirstTokenError final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (found_) return;
    found_ = true;
    line_ = line + 1;
    message_ = message;
    while (message_.ends_with('.')) message_.pop_back();
  }

  bool found() const { return found_; }
  int line() const { return line_; }
  const std::string& message() const { return message_; }

 private:
  bool found_ = false;
  int line_ = 0;
  std::string message_;
};

// Recursive descent over protobuf's own tokens.
class TextProtoReader {
 public:
  TextProtoReader(std::string_view text, const ConfigLimits& limits, SyntaxError& error)
      : limits_(limits),
        error_(error),
        stream_(text.data(), static_cast<int>(text.size())),
        tokens_(&stream_, &token_error_) {
    tokens_.set_comment_style(Tokenizer::SH_COMMENT_STYLE);
    tokens_.set_allow_f_after_float(true);
    tokens_.set_require_space_after_number(false);
  }

  std::optional<ConfigNode> Read() {
    ConfigNode root;
    root.kind = ConfigNode::Kind::kMap;
    root.line = 1;
    tokens_.Next();
    bool good = ReadFields(root, "", 0);
    if (token_error_.found()) {
      error_ = {token_error_.line(), absl::StrCat("not a text proto: ", token_error_.message())};
      return std::nullopt;
    }
    if (!good) return std::nullopt;
    return root;
  }

 private:
  // Fields up to `close` ("}", ">", or "" for the end of the file), which is taken too.
  bool ReadFields(ConfigNode& map, std::string_view close, int depth) {
    if (depth > limits_.depth_max) {
      return Fail(absl::StrCat("nested more than ", limits_.depth_max, " deep"));
    }
    while (true) {
      if (AtEnd()) return close.empty() || Expected(absl::StrCat("'", close, "'"));
      if (!close.empty() && Take(close)) return true;
      ConfigEntry entry;
      entry.line = Line();
      if (!ReadName(entry.key) || !ReadFieldValue(entry.value, depth)) return false;
      map.entries.push_back(std::move(entry));
      if (!Take(",")) Take(";");
    }
  }

  bool ReadName(std::string& name) {
    if (Is(Tokenizer::TYPE_IDENTIFIER)) {
      name = tokens_.current().text;
      tokens_.Next();
      return true;
    }
    if (!Take("[")) return Expected("a field name");
    name = "[";
    while (!AtEnd() && tokens_.current().text != "]") {
      if (Is(Tokenizer::TYPE_STRING)) return Expected("a type name");
      name += tokens_.current().text;
      tokens_.Next();
    }
    name += "]";
    return Take("]") || Expected("']'");
  }

  bool ReadFieldValue(ConfigNode& value, int depth) {
    value.line = Line();
    bool has_colon = Take(":");
    if (tokens_.current().text == "{" || tokens_.current().text == "<") {
      return ReadMessage(value, depth);
    }
    if (!has_colon) return Expected("':' or '{'");
    value.line = Line();
    return tokens_.current().text == "[" ? ReadList(value, depth) : ReadValue(value, depth);
  }

  bool ReadMessage(ConfigNode& value, int depth) {
    value.kind = ConfigNode::Kind::kMap;
    if (!Count()) return false;
    std::string_view close = Take("{") ? "}" : ">";
    if (close == ">") Take("<");
    return ReadFields(value, close, depth + 1);
  }

  bool ReadList(ConfigNode& list, int depth) {
    list.kind = ConfigNode::Kind::kList;
    Take("[");
    if (Take("]")) return true;
    while (true) {
      list.items.emplace_back();
      list.items.back().line = Line();
      if (!ReadValue(list.items.back(), depth)) return false;
      if (Take("]")) return true;
      if (!Take(",")) return Expected("',' or ']'");
    }
  }

  bool ReadValue(ConfigNode& value, int depth) {
    if (tokens_.current().text == "{" || tokens_.current().text == "<") {
      return ReadMessage(value, depth);
    }
    value.kind = ConfigNode::Kind::kScalar;
    if (!Count()) return false;
    if (Is(Tokenizer::TYPE_STRING)) {
      value.quote = ConfigNode::Quote::kQuoted;
      for (; Is(Tokenizer::TYPE_STRING); tokens_.Next()) {
        Tokenizer::ParseStringAppend(tokens_.current().text, &value.text);
      }
      return true;
    }
    if (Take("-")) value.text = "-";
    if (!Is(Tokenizer::TYPE_INTEGER) && !Is(Tokenizer::TYPE_FLOAT) &&
        !Is(Tokenizer::TYPE_IDENTIFIER)) {
      return Expected("a value");
    }
    value.text += tokens_.current().text;
    tokens_.Next();
    return true;
  }

  bool Count() {
    return ++nodes_ <= limits_.nodes_max ||
           Fail(absl::StrCat("more than ", limits_.nodes_max, " values"));
  }

  bool Is(Tokenizer::TokenType type) { return tokens_.current().type == type; }
  bool AtEnd() { return Is(Tokenizer::TYPE_END); }
  int Line() { return tokens_.current().line + 1; }

  bool Take(std::string_view symbol) {
    if (!Is(Tokenizer::TYPE_SYMBOL) || tokens_.current().text != symbol) return false;
    tokens_.Next();
    return true;
  }

  bool Expected(std::string_view what) {
    std::string found = AtEnd() ? "the end" : absl::StrCat("'", tokens_.current().text, "'");
    return Fail(absl::StrCat("not a text proto: expected ", what, ", found ", found));
  }

  bool Fail(std::string message) {
    error_ = {Line(), std::move(message)};
    return false;
  }

  const ConfigLimits& limits_;
  SyntaxError& error_;
  FirstTokenError token_error_;
  ArrayInputStream stream_;
  Tokenizer tokens_;
  size_t nodes_ = 0;
};

}  // namespace

std::optional<ConfigNode> ReadTextProto(std::string_view text, const ConfigLimits& limits,
                                        SyntaxError& error) {
  return TextProtoReader(text, limits, error).Read();
}

}  // namespace sluice

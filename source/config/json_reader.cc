#include <map>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "source/config/config_text.h"

namespace sluice {
namespace {

// Recursive descent over RFC 8259. Lines are counted as white space is passed: JSON has no line
// breaks elsewhere.
class JsonReader {
 public:
  JsonReader(std::string_view text, const ConfigLimits& limits, SyntaxError& error)
      : text_(text), limits_(limits), error_(error) {}

  std::optional<ConfigNode> Read() {
    ConfigNode root;
    if (!ReadValue(root, 0)) return std::nullopt;
    SkipSpace();
    if (!AtEnd()) {
      Fail(absl::StrCat("not JSON: ", Found(), " after the end of the configuration"));
      return std::nullopt;
    }
    return root;
  }

 private:
  bool ReadValue(ConfigNode& node, int depth) {
    SkipSpace();
    node.line = line_;
    if (depth > limits_.depth_max) {
      return Fail(absl::StrCat("nested more than ", limits_.depth_max, " deep"));
    }
    if (++nodes_ > limits_.nodes_max) {
      return Fail(absl::StrCat("more than ", limits_.nodes_max, " values"));
    }
    if (AtEnd()) return Fail("not JSON: ends where a value should be");
    switch (text_[at_]) {
      case '{':
        return ReadObject(node, depth);
      case '[':
        return ReadArray(node, depth);
      case '"':
        node.kind = ConfigNode::Kind::kScalar;
        node.quote = ConfigNode::Quote::kQuoted;
        return ReadString(node.text);
      default:
        return ReadWord(node);
    }
  }

  bool ReadObject(ConfigNode& node, int depth) {
    node.kind = ConfigNode::Kind::kMap;
    std::map<std::string, int> lines_of_keys;
    ++at_;
    SkipSpace();
    if (Take('}')) return true;
    while (true) {
      SkipSpace();
      if (AtEnd() || text_[at_] != '"') return Expected("a field name in quotes");
      ConfigEntry entry;
      entry.line = line_;
      if (!ReadString(entry.key)) return false;
      auto [first, is_new] = lines_of_keys.emplace(entry.key, line_);
      if (!is_new) {
        return Fail(
            absl::StrCat("\"", entry.key, "\" is set twice (first in line ", first->second, ")"));
      }
      SkipSpace();
      if (!Take(':')) return Expected("':'");
      if (!ReadValue(entry.value, depth + 1)) return false;
      node.entries.push_back(std::move(entry));
      SkipSpace();
      if (Take('}')) return true;
      if (!Take(',')) return Expected("',' or '}'");
    }
  }

  bool ReadArray(ConfigNode& node, int depth) {
    node.kind = ConfigNode::Kind::kList;
    ++at_;
    SkipSpace();
    if (Take(']')) return true;
    while (true) {
      node.items.emplace_back();
      if (!ReadValue(node.items.back(), depth + 1)) return false;
      SkipSpace();
      if (Take(']')) return true;
      if (!Take(',')) return Expected("',' or ']'");
    }
  }

  // true, false, null or a number.
  bool ReadWord(ConfigNode& node) {
    size_t begin = at_;
    while (!AtEnd() && (absl::ascii_isalnum(text_[at_]) || text_[at_] == '-' || text_[at_] == '+' ||
                        text_[at_] == '.')) {
      ++at_;
    }
    std::string_view word = text_.substr(begin, at_ - begin);
    if (word == "null") return true;
    double number;
    bool is_number = !word.empty() && (absl::ascii_isdigit(word[0]) || word[0] == '-') &&
                     absl::ascii_isdigit(word.back()) && absl::SimpleAtod(word, &number);
    if (word != "true" && word != "false" && !is_number) {
      at_ = begin;
      return Expected("a value");
    }
    node.kind = ConfigNode::Kind::kScalar;
    node.text = word;
    return true;
  }

  bool ReadString(std::string& out) {
    for (++at_; !AtEnd(); ++at_) {
      char c = text_[at_];
      if (c == '"') {
        ++at_;
        return true;
      }
      if (static_cast<unsigned char>(c) < 0x20) {
        return Fail("not JSON: a string holds a control character or does not end");
      }
      if (c != '\\') {
        out += c;
      } else if (!ReadEscape(out)) {
        return false;
      }
    }
    return Fail("not JSON: ends inside of a string");
  }

  // Stands on the backslash; leaves on the escape's last character.
  bool ReadEscape(std::string& out) {
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    if (++at_ >= text_.size()) return Fail("not JSON: ends inside of a string");
    size_t simple = kLetters.find(text_[at_]);
    if (simple != std::string_view::npos) {
      out += kMeanings[simple];
      return true;
    }
    uint32_t code = 0;
    if (text_[at_] != 'u' || !ReadHex(code)) return Fail("not JSON: bad escape in a string");
    if (code >= 0xD800 && code < 0xDC00) {
      uint32_t low = 0;
      if (text_.substr(at_ + 1, 2) != "\\u") return Fail("not JSON: half of a character");
      at_ += 2;
      if (!ReadHex(low) || low < 0xDC00 || low > 0xDFFF) {
        return Fail("not JSON: half of a character");
      }
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    } else if (code >= 0xDC00 && code <= 0xDFFF) {
      return Fail("not JSON: half of a character");
    }
    AppendUtf8(code, out);
    return true;
  }

  // Four hexadecimal digits after the 'u'; leaves on the last.
  bool ReadHex(uint32_t& code) {
    std::string_view digits = text_.substr(at_ + 1, 4);
    at_ += digits.size();
    for (char c : digits) {
      if (!absl::ascii_isxdigit(c)) return false;
    }
    return digits.size() == 4 && absl::SimpleHexAtoi(digits, &code);
  }

  static void AppendUtf8(uint32_t code, std::string& out) {
    if (code < 0x80) {
      out += static_cast<char>(code);
      return;
    }
    int tail = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    constexpr unsigned char kLead[] = {0, 0xC0, 0xE0, 0xF0};
    out += static_cast<char>(kLead[tail] | (code >> (6 * tail)));
    for (int shift = 6 * (tail - 1); shift >= 0; shift -= 6) {
      out += static_cast<char>(0x80 | ((code >> shift) & 0x3F));
    }
  }

  void SkipSpace() {
    for (; !AtEnd(); ++at_) {
      char c = text_[at_];
      if (c == '\n') ++line_;
      if (c != ' ' && c != '\t' && c != '\r' && c != '\n') return;
    }
  }

  bool Take(char c) {
    if (AtEnd() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::string Found() const {
    if (AtEnd()) return "the end";
    return absl::ascii_isprint(text_[at_]) ? absl::StrCat("'", text_.substr(at_, 1), "'")
                                           : "a byte that is not text";
  }

  bool Expected(std::string_view what) {
    return Fail(absl::StrCat("not JSON: expected ", what, ", found ", Found()));
  }

  bool Fail(std::string message) {
    error_ = {line_, std::move(message)};
    return false;
  }

  bool AtEnd() const { return at_ >= text_.size(); }

  std::string_view text_;
  const ConfigLimits& limits_;
  SyntaxError& error_;
  size_t at_ = 0;
  int line_ = 1;
  size_t nodes_ = 0;
};

}  // namespace

std::optional<ConfigNode> ReadJson(std::string_view text, const ConfigLimits& limits,
                                   SyntaxError& error) {
  return JsonReader(text, limits, error).Read();
}

}  // namespace sluice

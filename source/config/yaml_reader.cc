// The one file of the project that is compiled with exceptions: yaml-cpp throws. None leaves
// ReadYaml.
#include <istream>
#include <map>
#include <streambuf>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "source/config/config_text.h"
#include "yaml-cpp/eventhandler.h"
#include "yaml-cpp/exceptions.h"
#include "yaml-cpp/parser.h"

namespace sluice {
namespace {

constexpr std::string_view kStringTag = "tag:yaml.org,2002:str";
constexpr std::string_view kStandardTags = "tag:yaml.org,2002:";
constexpr std::string_view kIgnoreTag = "!ignore";

// A rule of ours broken in the middle of yaml-cpp's parsing, which only a throw can stop.
struct Refused {
  int line;
  std::string message;
};

// yaml-cpp reads streams; this one reads the text where it lies.
class TextStream : public std::streambuf {
 public:
  explicit TextStream(std::string_view text) {
    char* begin = const_cast<char*>(text.data());
    setg(begin, begin, begin + text.size());
  }
};

class NodeBuilder final : public YAML::EventHandler {
 public:
  explicit NodeBuilder(const ConfigLimits& limits) : limits_(limits) {}

  ConfigNode TakeRoot() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ > 0) {
      throw Refused{mark.line + 1, "a second YAML document starts here; a configuration is one"};
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    ConfigNode node;
    node.line = mark.line + 1;
    Finish(std::move(node), anchor, "");
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    ConfigNode node;
    node.kind = ConfigNode::Kind::kScalar;
    node.line = mark.line + 1;
    if (tag == "!" || tag == kStringTag) node.quote = ConfigNode::Quote::kQuoted;
    node.text = value;
    Finish(std::move(node), anchor, tag);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      throw Refused{mark.line + 1, "an alias inside of what it stands for has no end"};
    }
    CountNodes(found->second.nodes, mark.line + 1);
    Finish(ConfigNode(found->second.node), 0, "");
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(ConfigNode::Kind::kList, mark, tag, anchor);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(ConfigNode::Kind::kMap, mark, tag, anchor);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapEnd() override { Close(); }

 private:
  struct OpenNode {
    ConfigNode node;
    YAML::anchor_t anchor = 0;
    size_t nodes_before = 0;
    // Of a map: the key whose value comes next.
    bool key_is_read = false;
    bool ignore_value = false;
    std::string key;
    int key_line = 0;
    std::map<std::string, int> lines_of_keys;
  };

  struct Anchored {
    ConfigNode node;
    size_t nodes = 0;
  };

  void Open(ConfigNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor) {
    if (static_cast<int>(open_.size()) >= limits_.depth_max) {
      throw Refused{mark.line + 1, absl::StrCat("nested more than ", limits_.depth_max, " deep")};
    }
    CheckTag(tag, mark.line + 1);
    if (!open_.empty() && ExpectsKey()) {
      throw Refused{mark.line + 1, "the name of a field must be text, not a list or a map"};
    }
    open_.emplace_back();
    open_.back().node.kind = kind;
    open_.back().node.line = mark.line + 1;
    open_.back().anchor = anchor;
    open_.back().nodes_before = nodes_;
  }

  void Close() {
    OpenNode done = std::move(open_.back());
    open_.pop_back();
    CountNodes(1, done.node.line);
    if (done.anchor != 0) anchors_[done.anchor] = {done.node, nodes_ - done.nodes_before};
    Add(std::move(done.node), "");
  }

  void Finish(ConfigNode node, YAML::anchor_t anchor, const std::string& tag) {
    CountNodes(1, node.line);
    if (tag != kIgnoreTag || open_.empty() || !ExpectsKey()) CheckTag(tag, node.line);
    if (anchor != 0) anchors_[anchor] = {node, 1};
    Add(std::move(node), tag);
  }

  // Puts a complete node where it belongs: root, list, key or value.
  void Add(ConfigNode node, std::string_view tag) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    OpenNode& parent = open_.back();
    if (parent.node.is_list()) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key_is_read) {
      ReadKey(parent, std::move(node), tag);
    } else {
      parent.key_is_read = false;
      if (!parent.ignore_value) {
        parent.node.entries.push_back({std::move(parent.key), parent.key_line, std::move(node)});
      }
    }
  }

  void ReadKey(OpenNode& map, ConfigNode key, std::string_view tag) {
    if (!key.is_scalar()) throw Refused{key.line, "the name of a field is missing"};
    auto [first, is_new] = map.lines_of_keys.emplace(key.text, key.line);
    if (!is_new) {
      throw Refused{key.line, absl::StrCat("\"", key.text, "\" is set twice (first in line ",
                                           first->second, ")")};
    }
    map.key_is_read = true;
    map.ignore_value = tag == kIgnoreTag;
    map.key = std::move(key.text);
    map.key_line = key.line;
  }

  bool ExpectsKey() const { return open_.back().node.is_map() && !open_.back().key_is_read; }

  void CheckTag(std::string_view tag, int line) const {
    if (tag.empty() || tag == "?" || tag == "!" || tag.starts_with(kStandardTags)) return;
    throw Refused{line, absl::StrCat("unknown tag \"", tag, "\"")};
  }

  void CountNodes(size_t nodes, int line) {
    nodes_ += nodes;
    if (nodes_ > limits_.nodes_max) {
      throw Refused{line, absl::StrCat("more than ", limits_.nodes_max,
                                       " values, counting what aliases stand for")};
    }
  }

  const ConfigLimits& limits_;
  ConfigNode root_;
  std::vector<OpenNode> open_;
  absl::flat_hash_map<YAML::anchor_t, Anchored> anchors_;
  size_t nodes_ = 0;
  int documents_ = 0;
};

}  // namespace

std::optional<ConfigNode> ReadYaml(std::string_view text, const ConfigLimits& limits,
                                   SyntaxError& error) {
  TextStream buffer(text);
  std::istream stream(&buffer);
  NodeBuilder builder(limits);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
    return builder.TakeRoot();
  } catch (const Refused& refused) {
    error = {refused.line, refused.message};
  } catch (const YAML::Exception& thrown) {
    error = {thrown.mark.line + 1, absl::StrCat("not YAML: ", thrown.msg)};
  } catch (const std::exception& thrown) {
    error = {0, absl::StrCat("not YAML: ", thrown.what())};
  }
  return std::nullopt;
}

}  // namespace sluice

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "source/config/source_lines.h"

namespace sluice {

// One thing wrong with a configuration, as its author should read it:
//   bootstrap.yaml:14: static_resources.listeners[0].adress: unknown field; did you mean "address"?
struct ConfigError {
  std::string source;
  int line = 0;
  std::string path;
  std::string message;
  std::string hint;

  std::string ToString() const;
};

// Every error of one configuration, in the order found. Readers keep going after an error, so that
// an author sees them all at once; the first kErrorsMax are kept and the rest are counted.
//
// Used on one thread, the one that reads the configuration. FieldScopes point to it: neither
// copied nor moved.
class ConfigErrors {
 public:
  static constexpr size_t kErrorsMax = 100;

  ConfigErrors() = default;
  // `lines` answers for fields of the files being read, and must outlive this.
  explicit ConfigErrors(const SourceLines* lines) : lines_(lines) {}
  ConfigErrors(const ConfigErrors&) = delete;
  ConfigErrors& operator=(const ConfigErrors&) = delete;

  void Add(std::string_view path, std::string_view message, std::string_view hint = {});
  // With a place that the reader knows better than `lines`.
  void AddAt(SourceLine place, std::string_view path, std::string_view message,
             std::string_view hint = {});

  // From here on an error at a field that has one already, or inside of such a field, is left out:
  // whoever reads a field next only finds again what was wrong with it before.
  void StartPhase() { earlier_ = errors_.size(); }

  bool empty() const { return count_ == 0; }
  // All that were added, kept or not: compare before and after to see whether a part was good.
  size_t size() const { return count_; }
  // Whether more would be counted only: no use in wording hints for them.
  bool full() const { return count_ >= kErrorsMax; }
  const std::vector<ConfigError>& errors() const { return errors_; }

  // One line per error, each ended by a newline.
  std::string ToString() const;
  // Ok when empty, else InvalidArgument with ToString().
  absl::Status ToStatus() const;

 private:
  const SourceLines* lines_ = nullptr;
  std::vector<ConfigError> errors_;
  size_t count_ = 0;
  size_t earlier_ = 0;  // of errors_, those of earlier phases
};

// Whether the field at path `inner` is the one at `outer`, or inside of it.
bool IsWithin(std::string_view inner, std::string_view outer);

}  // namespace sluice

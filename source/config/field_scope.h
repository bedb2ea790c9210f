#pragma once

#include <string>
#include <string_view>

#include "source/config/config_errors.h"

namespace sluice {

// Where in a configuration message a reader stands: a cursor on the stack that costs a few words,
// and turns into text ("static_resources.listeners[0].filter_chains[1]") only for an error.
//
//   std::optional<ListenerConfig> ParseListenerConfig(const pb::Listener& listener,
//                                                     const FieldScope& scope) {
//     for (int i = 0; i < listener.filter_chains_size(); ++i) {
//       ParseFilterChain(listener.filter_chains(i), scope.At("filter_chains", i), config);
//     }
//     if (listener.name() == "x") scope.At("name").Error("is taken", "choose another");
//
// Readers report every error and keep going; the caller asks the ConfigErrors in the end.
//
// A scope points to the scope it was made from, which must be alive as long as it is: pass scopes
// down, never keep or return them. At() of a temporary does not compile; one step may name several
// fields ("common_http_protocol_options.idle_timeout"). Names are kept by reference: literals or
// descriptor names.
class FieldScope {
 public:
  explicit FieldScope(ConfigErrors& errors, std::string_view root = {})
      : errors_(&errors), name_(root) {}

  FieldScope At(std::string_view field) const& { return {*this, field, kNoIndex, {}}; }
  FieldScope At(std::string_view field, int index) const& { return {*this, field, index, {}}; }
  // The value under `key` of a map field.
  FieldScope AtKey(std::string_view field, std::string_view key) const& {
    return {*this, field, kKey, key};
  }
  FieldScope At(std::string_view) const&& = delete;
  FieldScope At(std::string_view, int) const&& = delete;
  FieldScope AtKey(std::string_view, std::string_view) const&& = delete;

  // "must be ..." or "unknown ...": what is wrong with this field; the hint says what would be
  // right.
  void Error(std::string_view message, std::string_view hint = {}) const {
    errors_->Add(Path(), message, hint);
  }

  std::string Path() const;
  ConfigErrors& errors() const { return *errors_; }

 private:
  static constexpr int kNoIndex = -1;
  static constexpr int kKey = -2;

  FieldScope(const FieldScope& parent, std::string_view name, int index, std::string_view key)
      : errors_(parent.errors_), parent_(&parent), name_(name), key_(key), index_(index) {}

  void AppendPath(std::string& path) const;

  ConfigErrors* errors_;
  const FieldScope* parent_ = nullptr;
  std::string_view name_;
  std::string_view key_;
  int index_ = kNoIndex;
};

}  // namespace sluice

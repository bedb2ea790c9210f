// What the tests of the filter runner share: a chain of scripted filters, named a, b, c.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "test/harness/filter_tester.h"
#include "test/proxy/scripted_filter.h"

namespace sluice {

class FilterRunnerTest : public testing::Test {
 protected:
  // Filters in the order of the configuration; Start makes the stream.
  FilterScript& Add(const std::string& name) {
    scripts_.push_back({.name = name});
    return scripts_.back();
  }
  FilterTester& Start(FilterTester::Options options = {}) {
    FilterTester::Factories factories;
    for (const FilterScript& script : scripts_) {
      factories.push_back(std::make_unique<ScriptedFactory>(script, log_));
    }
    tester_ = std::make_unique<FilterTester>(std::move(factories), options);
    return *tester_;
  }
  // Pauses, and keeps the Resumer.
  Answer PauseWith(Resumer& resumer) {
    return [&resumer](Asked& asked) {
      resumer = asked.context.MakeResumer();
      return Verdict::kPause;
    };
  }
  static Answer ReplyWith(uint16_t status, absl::string_view body = "") {
    return [status, body](Asked& asked) {
      asked.context.reply() = {.status = status, .body = body, .details = "scripted"};
      return Verdict::kReply;
    };
  }
  // What filters have been asked since the last call.
  FilterLog Log() { return std::exchange(log_, {}); }

  const FilterTester::HeaderList kGet = {{":method", "GET"}, {":path", "/"}};
  const FilterTester::HeaderList kPost = {{":method", "POST"}, {":path", "/"}};
  const FilterTester::HeaderList kOk = {{":status", "200"}};

  FilterLog log_;
  // References to scripts stay good while filters are added.
  std::deque<FilterScript> scripts_;
  std::unique_ptr<FilterTester> tester_;
};

using testing::ElementsAre;
using testing::IsEmpty;

}  // namespace sluice

// HelloFilter: answers requests for one path, and lets all others pass. One instance per stream, on
// the stream's worker.
#pragma once

#include <string>
#include <utility>

#include "source/sdk/http_filter.h"
#include "source/sdk/http_filter_factory.h"

namespace acme {

class HelloFilter final : public sluice::HttpFilter {
 public:
  HelloFilter(const std::string& path, const std::string& greeting)
      : path_(path), greeting_(greeting) {}

  sluice::Verdict OnRequestHeaders(sluice::FilterContext& context, sluice::Headers& headers,
                                   sluice::End) override {
    if (headers.Get(sluice::HeaderId::kPath) != path_) return sluice::Verdict::kDetach;
    context.reply() = {.status = 200, .body = greeting_, .details = "hello"};
    return sluice::Verdict::kReply;
  }

 private:
  const std::string& path_;  // of the factory, which outlives the stream
  const std::string& greeting_;
};

class HelloFactory final : public sluice::HttpFilterFactory {
 public:
  HelloFactory(std::string path, std::string greeting)
      : path_(std::move(path)), greeting_(std::move(greeting)) {}

  sluice::Interest interests() const override { return sluice::Interest::kRequestHeaders; }
  sluice::ArenaPtr<sluice::HttpFilter> Create(sluice::Arena& arena) const override {
    return sluice::ArenaPtr<sluice::HttpFilter>(arena.New<HelloFilter>(path_, greeting_));
  }

 private:
  const std::string path_, greeting_;
};

}  // namespace acme

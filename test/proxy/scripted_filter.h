// ScriptedFilter: a filter whose answers a test writes down, and which writes down what it was
// asked.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "source/sdk/http_filter_factory.h"

namespace sluice {

// What all filters of one test have seen, in order: "a request data 'xy' end".
using FilterLog = std::vector<std::string>;

// What a filter is asked about; headers are null for data, data is null for the others.
struct Asked {
  FilterContext& context;
  Headers* headers;
  Buffer* data;
  End end;
};
using Answer = std::function<Verdict(Asked&)>;

inline Answer Always(Verdict verdict) {
  return [verdict](Asked&) { return verdict; };
}

struct FilterScript {
  std::string name;
  // By event: "request headers", "response data" ... Those that are missing go on.
  std::map<std::string, Answer> answers;
  Interest interests = Interest::kRequestHeaders | Interest::kRequestData |
                       Interest::kRequestTrailers | Interest::kResponseHeaders |
                       Interest::kResponseData | Interest::kResponseTrailers;
  size_t whole_body_bytes_max = 0;
};

class ScriptedFilter final : public HttpFilter {
 public:
  ScriptedFilter(const FilterScript& script, FilterLog& log) : script_(script), log_(log) {}
  ~ScriptedFilter() override { log_.push_back(script_.name + " gone"); }

  Verdict OnRequestHeaders(FilterContext& context, Headers& headers, End end) override {
    return Ask("request headers", {context, &headers, nullptr, end});
  }
  Verdict OnRequestData(FilterContext& context, Buffer& data, End end) override {
    return Ask("request data", {context, nullptr, &data, end});
  }
  Verdict OnRequestTrailers(FilterContext& context, Headers& trailers) override {
    return Ask("request trailers", {context, &trailers, nullptr, End::kNo});
  }
  Verdict OnResponseHeaders(FilterContext& context, Headers& headers, End end) override {
    return Ask("response headers", {context, &headers, nullptr, end});
  }
  Verdict OnResponseData(FilterContext& context, Buffer& data, End end) override {
    return Ask("response data", {context, nullptr, &data, end});
  }
  Verdict OnResponseTrailers(FilterContext& context, Headers& trailers) override {
    return Ask("response trailers", {context, &trailers, nullptr, End::kNo});
  }

 private:
  Verdict Ask(const std::string& event, Asked asked) {
    std::string line = script_.name + " " + event;
    if (asked.data != nullptr) line += " '" + asked.data->ToString() + "'";
    if (asked.end == End::kYes) line += " end";
    log_.push_back(line);
    const auto answer = script_.answers.find(event);
    return answer == script_.answers.end() ? Verdict::kContinue : answer->second(asked);
  }
  const FilterScript& script_;
  FilterLog& log_;
};

class ScriptedFactory final : public HttpFilterFactory {
 public:
  ScriptedFactory(FilterScript script, FilterLog& log) : script_(std::move(script)), log_(log) {}
  Interest interests() const override { return script_.interests; }
  size_t whole_request_body_bytes_max() const override { return script_.whole_body_bytes_max; }
  ArenaPtr<HttpFilter> Create(Arena& arena) const override {
    return ArenaPtr<HttpFilter>(arena.New<ScriptedFilter>(script_, log_));
  }

 private:
  const FilterScript script_;
  FilterLog& log_;
};

}  // namespace sluice

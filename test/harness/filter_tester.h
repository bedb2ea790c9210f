// FilterTester: HTTP filters driven without a proxy, over the real FilterRunner. The test plays the
// client and the upstream: it feeds both messages in and reads what came through.
//
//   FilterTester tester(std::make_unique<MyFilterFactory>(config));
//   tester.Request({{":method", "GET"}, {":path", "/"}});
//   EXPECT_EQ(tester.request().header("x-mine"), "1");
//   tester.Response({{":status", "200"}}, "hello");
//   EXPECT_EQ(tester.response().body(), "hello");
//
// One filter, or several in the order of a configuration. When it dies it complains, by failing the
// test, of what a paused filter still holds and of bytes that the gauges count and nobody has.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "source/base/flow_gauge.h"
#include "source/proxy/filter_plan.h"
#include "source/proxy/filter_runner.h"
#include "source/sdk/registry.h"
#include "test/harness/passed_message.h"
#include "test/harness/sim_world.h"

namespace sluice {

// How the stream stands, for the test to ask.
enum class StreamEnd : uint8_t { kNone, kReplied, kReset };

class FilterTester final : public ResumeTarget {
 public:
  struct Options {
    // Of the gauges, as per_connection_buffer_limit_bytes would set them.
    size_t buffer_bytes_max = 64_KiB;
    // May say something to the filters, which are named "filter0", "filter1" and so on.
    const Route* route = nullptr;
    UpgradeRequest* upgrade = nullptr;  // lives as long as the tester
  };
  using HeaderList = std::vector<std::pair<std::string, std::string>>;
  using Factories = std::vector<std::unique_ptr<const HttpFilterFactory>>;

  explicit FilterTester(std::unique_ptr<const HttpFilterFactory> factory)
      : FilterTester(One(std::move(factory)), Options()) {}
  FilterTester(std::unique_ptr<const HttpFilterFactory> factory, const Options& options)
      : FilterTester(One(std::move(factory)), options) {}
  // One that counts: under "http.test.", in world().stats().
  using MakeFactory =
      std::function<std::unique_ptr<const HttpFilterFactory>(const ExtensionContext& context)>;
  explicit FilterTester(const MakeFactory& make) : FilterTester(make, Options()) {}
  FilterTester(const MakeFactory& make, const Options& options);
  explicit FilterTester(Factories factories) : FilterTester(std::move(factories), Options()) {}
  FilterTester(Factories factories, const Options& options);
  ~FilterTester();

  // The client sends: a head, pieces of body, trailers.
  void RequestHeaders(const HeaderList& headers, End end = End::kNo);
  void RequestData(absl::string_view data, End end = End::kNo);
  void RequestTrailers(const HeaderList& trailers);
  // A whole one.
  void Request(const HeaderList& headers, absl::string_view body = "");
  // The upstream answers. Nothing happens after a reply or a reset: the proxy has left it by then.
  void ResponseHeaders(const HeaderList& headers, End end = End::kNo);
  void ResponseData(absl::string_view data, End end = End::kNo);
  void ResponseTrailers(const HeaderList& trailers);
  void Response(const HeaderList& headers, absl::string_view body = "");

  // What has come through so far: to the upstream, and to the client. A reply is a response.
  const PassedMessage& request() const { return passed_request_; }
  const PassedMessage& response() const { return passed_response_; }
  StreamEnd ended() const { return ended_; }
  // Of the last reply, with `details`.
  const Reply& reply() const { return last_reply_; }
  uint16_t status() const {
    return static_cast<uint16_t>(atoi(response().header(":status").c_str()));
  }

  // The stream ends here, as when the client goes away: filters are destroyed.
  void EndStream();

  // Whether the gauge has stopped the client's, or the upstream's, reading.
  bool client_paused() const { return request_gauge_.paused(); }
  bool upstream_paused() const { return response_gauge_.paused(); }
  // Routes may be fetched from now on; how many are waited for; and one has come, or none.
  void LetFetchRoutes() { can_fetch_ = true; }
  size_t routes_awaited() const { return awaiting_.size(); }
  void AnswerFetch(const Route* route);
  // What the stream does when it becomes a tunnel. False: the filters are still asked.
  bool StepAside();
  size_t request_bytes_waiting() const { return request_gauge_.waiting_bytes(); }
  size_t response_bytes_waiting() const { return response_gauge_.waiting_bytes(); }

  // Time and what else is around a filter.
  SimWorld& world() { return world_; }
  StreamInfo& info() { return info_; }
  Arena& arena() { return arena_; }
  // For tests that end in the middle on purpose.
  void IgnoreLeftOvers() { complain_ = false; }

 private:
  // Reads and pauses, as told.
  struct Source final : FlowSource {
    void PauseReading() override {}
    void ResumeReading() override {}
  };
  explicit FilterTester(const Options& options);
  void Start(Factories factories, const Options& options);
  static Factories One(std::unique_ptr<const HttpFilterFactory> factory);
  void ResumeFilter(Flow flow, uint32_t filter) override;
  void ReplyFromFilter(Flow flow, uint32_t filter, const Reply& reply) override;
  bool FetchRoute(uint32_t filter) override;
  Headers& Fill(Headers& headers, const HeaderList& list);
  void Pump(Flow flow);
  void Answer(const Reply& reply, uint32_t behind_filter);
  void Reset();
  std::string LeftOvers() const;

  SimWorld world_;
  Arena arena_;
  FilterPlan plan_;
  StreamInfo info_;
  const Route* route_;
  bool can_fetch_ = false;
  std::vector<uint32_t> awaiting_;  // the filters that do
  UpgradeRequest* upgrade_;
  Headers request_headers_{arena_}, request_trailers_{arena_};
  Headers response_headers_{arena_}, response_trailers_{arena_};
  Reply* reply_ = nullptr;
  Reply last_reply_;
  Source source_;
  std::string scratch_;
  FlowGauge request_gauge_, response_gauge_;
  std::unique_ptr<FilterRunner> runner_;
  PassedMessage passed_request_, passed_response_;
  StreamEnd ended_ = StreamEnd::kNone;
  uint32_t answered_behind_ = UINT32_MAX;
  bool pumping_request_ = false, pumping_response_ = false;
  bool complain_ = true;
};

}  // namespace sluice

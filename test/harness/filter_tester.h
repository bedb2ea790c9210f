// FilterTester: one HTTP filter in a stream without a proxy around it: the real runner, the real
// arena, a simulated worker. Feed it messages, and read what comes out as text:
//
//   FilterTester tester(std::make_unique<TapFactory>(config));
//   tester.Request({{":method", "GET"}, {":path", "/"}});
//   EXPECT_EQ(tester.Out(), "request :method=GET :path=/ end\n");
//
// When it dies it fails the test for output that nobody read, and for input that the filter still
// holds unless ExpectHeld was said. One thread.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "source/base/arena.h"
#include "source/base/buffer.h"
#include "source/base/flow_gauge.h"
#include "source/http/headers.h"
#include "source/http/stream_info.h"
#include "source/proxy/filter_plan.h"
#include "source/proxy/filter_runner.h"
#include "source/sdk/resumer.h"
#include "test/harness/sim_world.h"

namespace sluice {

class FilterTester final : public ResumeTarget {
 public:
  using Fields = std::initializer_list<std::pair<absl::string_view, absl::string_view>>;

  explicit FilterTester(std::unique_ptr<const HttpFilterFactory> factory);
  ~FilterTester();

  // Messages as they arrive. Responses of a stream that was answered by the filter are not fed.
  void Request(Fields fields, End end = End::kYes);
  void RequestData(absl::string_view bytes, End end);
  void RequestTrailers(Fields fields);
  void Response(Fields fields, End end = End::kYes);
  void ResponseData(absl::string_view bytes, End end);
  void ResponseTrailers(Fields fields);

  // What has passed the filter since the last call, one line for each piece: "request
  // NAME=VALUE..", "request data BYTES", "request trailers ..", the same for responses, "reply
  // STATUS DETAILS BODY", "reset"; " end" where nothing follows.
  std::string Out();

  // The filter's time and its stream's facts.
  void Advance(Duration duration);
  StreamInfo& info() { return info_; }
  SimWorld& world() { return world_; }
  // The route that filters see; outlives the tester.
  void SetRoute(const Route* route) { route_ = route; }
  // The test ends while the filter holds something back.
  void ExpectHeld() { held_is_fine_ = true; }

  void ResumeSlot(uint32_t slot) override;
  void ReplyFromSlot(uint32_t slot, const Reply& reply) override;

 private:
  static std::string Text(const Headers& headers);
  Headers& Fill(Headers& headers, Fields fields);
  void PutData(Flow flow, absl::string_view bytes, End end);
  void Pull(Flow flow);
  void Answer(uint32_t slot, const Reply& reply);

  SimWorld world_;
  Arena arena_;
  FilterPlan plan_;
  StreamInfo info_;
  const Route* route_ = nullptr;
  Headers request_headers_{arena_};
  Headers request_trailers_{arena_};
  Headers response_headers_{arena_};
  Headers response_trailers_{arena_};
  Reply reply_;
  FlowGauge request_gauge_{1 << 20};
  FlowGauge response_gauge_{1 << 20};
  std::unique_ptr<FilterRunner> runner_;
  std::string out_;
  bool answered_ = false;
  bool held_is_fine_ = false;
};

}  // namespace sluice

#include "test/harness/filter_tester.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice {

FilterTester::FilterTester(const Options& options)
    : route_(options.route),
      upgrade_(options.upgrade),
      request_gauge_(options.buffer_bytes_max),
      response_gauge_(options.buffer_bytes_max) {}

FilterTester::FilterTester(const MakeFactory& make, const Options& options)
    : FilterTester(options) {
  Start(One(make({world_.stats(), "http.test."})), options);
}

FilterTester::FilterTester(Factories factories, const Options& options) : FilterTester(options) {
  Start(std::move(factories), options);
}

void FilterTester::Start(Factories factories, const Options& options) {
  for (auto& factory : factories) {
    plan_.Add(absl::StrCat("filter", plan_.filters.size()), std::move(factory));
  }
  // As the stream does it.
  request_gauge_ = FlowGauge(std::max(options.buffer_bytes_max, plan_.whole_body_bytes_max));
  request_gauge_.SetSource(&source_);
  response_gauge_.SetSource(&source_);
  info_.start = world_.now();
  runner_ = std::make_unique<FilterRunner>();
  runner_->Start(plan_, {.worker = world_.worker(),
                         .arena = arena_,
                         .info = info_,
                         .route = route_,
                         .upgrade = upgrade_,
                         .request_headers = request_headers_,
                         .reply = reply_,
                         .resume_target = *this,
                         .request_gauge = request_gauge_,
                         .response_gauge = response_gauge_,
                         .scratch = scratch_});
  runner_->ApplyRoute();
}

FilterTester::~FilterTester() {
  if (complain_) {
    const std::string left_overs = LeftOvers();
    EXPECT_TRUE(left_overs.empty()) << left_overs;
  } else {
    world_.IgnoreLeftOvers();
  }
  EndStream();
}

FilterTester::Factories FilterTester::One(std::unique_ptr<const HttpFilterFactory> factory) {
  Factories factories;
  factories.push_back(std::move(factory));
  return factories;
}

void FilterTester::RequestHeaders(const HeaderList& headers, End end) {
  runner_->PutHeaders(Flow::kRequest, Fill(request_headers_, headers), end);
  Pump(Flow::kRequest);
}

void FilterTester::RequestData(absl::string_view data, End end) {
  Buffer buffer(world_.worker().slabs);
  buffer.Append(data);
  request_gauge_.Add(buffer.size());
  info_.request_body_bytes += buffer.size();
  runner_->PutData(Flow::kRequest, buffer, end);
  Pump(Flow::kRequest);
}

bool FilterTester::StepAside() {
  runner_->StepAside();
  return runner_->empty();
}

void FilterTester::RequestTrailers(const HeaderList& trailers) {
  runner_->PutTrailers(Flow::kRequest, Fill(request_trailers_, trailers));
  Pump(Flow::kRequest);
}

void FilterTester::Request(const HeaderList& headers, absl::string_view body) {
  RequestHeaders(headers, body.empty() ? End::kYes : End::kNo);
  if (!body.empty()) RequestData(body, End::kYes);
}

void FilterTester::ResponseHeaders(const HeaderList& headers, End end) {
  if (ended_ != StreamEnd::kNone) return;
  runner_->PutHeaders(Flow::kResponse, Fill(response_headers_, headers), end);
  Pump(Flow::kResponse);
}

void FilterTester::ResponseData(absl::string_view data, End end) {
  if (ended_ != StreamEnd::kNone) return;
  Buffer buffer(world_.worker().slabs);
  buffer.Append(data);
  response_gauge_.Add(buffer.size());
  runner_->PutData(Flow::kResponse, buffer, end);
  Pump(Flow::kResponse);
}

void FilterTester::ResponseTrailers(const HeaderList& trailers) {
  if (ended_ != StreamEnd::kNone) return;
  runner_->PutTrailers(Flow::kResponse, Fill(response_trailers_, trailers));
  Pump(Flow::kResponse);
}

void FilterTester::Response(const HeaderList& headers, absl::string_view body) {
  ResponseHeaders(headers, body.empty() ? End::kYes : End::kNo);
  if (!body.empty()) ResponseData(body, End::kYes);
}

void FilterTester::EndStream() {
  BreakLinks();
  runner_.reset();
}

void FilterTester::ResumeFilter(Flow flow, uint32_t filter) {
  runner_->Resume(flow, filter);
  Pump(flow);
}

void FilterTester::ReplyFromFilter(Flow flow, uint32_t filter, const Reply& reply) {
  if (runner_->IsWaitedFor(flow, filter)) Answer(reply, filter);
}

bool FilterTester::FetchRoute(uint32_t filter) {
  if (can_fetch_) awaiting_.push_back(filter);
  return can_fetch_;
}

void FilterTester::AnswerFetch(const Route* route) {
  route_ = route;
  for (const uint32_t filter : std::exchange(awaiting_, {})) {
    runner_->ApplyRoute(filter + 1);
    ResumeFilter(Flow::kRequest, filter);
  }
}

Headers& FilterTester::Fill(Headers& headers, const HeaderList& list) {
  headers.Clear();
  for (const auto& [name, value] : list) headers.Add(name, value);
  return headers;
}

// What the stream does with what comes through.
void FilterTester::Pump(Flow flow) {
  bool& pumping = flow == Flow::kRequest ? pumping_request_ : pumping_response_;
  FlowGauge& gauge = flow == Flow::kRequest ? request_gauge_ : response_gauge_;
  PassedMessage& passed = flow == Flow::kRequest ? passed_request_ : passed_response_;
  if (pumping) return;
  pumping = true;
  Buffer data(world_.worker().slabs);
  for (bool more = true; more;) {
    End end = End::kNo;
    switch (runner_->Next(flow, data, end)) {
      case FilterRunner::Piece::kNothing:
        more = false;
        break;
      case FilterRunner::Piece::kHeaders:
        passed.AddHead(flow == Flow::kRequest ? request_headers_ : response_headers_, end);
        break;
      case FilterRunner::Piece::kData:
        passed.AddData(data, end);
        gauge.Subtract(data.size());
        data.Clear();
        break;
      case FilterRunner::Piece::kTrailers:
        passed.AddTrailers(flow == Flow::kRequest ? request_trailers_ : response_trailers_);
        break;
      case FilterRunner::Piece::kReply:
        Answer(*reply_, runner_->replier(flow));
        break;
      case FilterRunner::Piece::kReset:
        Reset();
        break;
      case FilterRunner::Piece::kBodyTooLarge:
        Answer({.status = 413, .details = "request_payload_too_large"}, runner_->passed_filters());
        break;
    }
  }
  pumping = false;
}

void FilterTester::Answer(const Reply& reply, uint32_t behind_filter) {
  if (passed_response_.started() || behind_filter >= answered_behind_) return Reset();
  answered_behind_ = behind_filter;
  ended_ = StreamEnd::kReplied;
  last_reply_ = reply;
  info_.response_code_details = reply.details;
  Fill(response_headers_, {{":status", absl::StrCat(reply.status)}});
  for (const ReplyField& field : reply.fields) {
    response_headers_.Add(
        field.name == HeaderId::kUnknown ? field.other : HeaderNameText(field.name), field.value);
  }
  Buffer body(world_.worker().slabs);
  body.Append(reply.body);
  runner_->BeginReply(behind_filter);
  response_gauge_.Add(body.size());
  runner_->PutHeaders(Flow::kResponse, response_headers_, body.empty() ? End::kYes : End::kNo);
  if (!body.empty()) runner_->PutData(Flow::kResponse, body, End::kYes);
  Pump(Flow::kResponse);
}

void FilterTester::Reset() {
  ended_ = StreamEnd::kReset;
  runner_->Stop(Flow::kRequest);
  runner_->Stop(Flow::kResponse);
}

std::string FilterTester::LeftOvers() const {
  std::string text;
  if (runner_ == nullptr) return text;
  if (runner_->holds_any(Flow::kRequest)) {
    text += "a paused filter holds the request\n";
  } else if (request_gauge_.waiting_bytes() > 0) {
    text += "bytes of the request are counted, and nobody has them\n";
  }
  if (runner_->holds_any(Flow::kResponse)) {
    text += "a paused filter holds the response\n";
  } else if (response_gauge_.waiting_bytes() > 0) {
    text += "bytes of the response are counted, and nobody has them\n";
  }
  return text;
}

}  // namespace sluice

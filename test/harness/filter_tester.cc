#include "test/harness/filter_tester.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sluice {

FilterTester::FilterTester(std::unique_ptr<const HttpFilterFactory> factory) {
  plan_.Add("tested", std::move(factory));
  runner_ = std::make_unique<FilterRunner>(
      plan_, FilterRunner::StreamParts{world_.worker(), arena_, info_, route_, request_headers_,
                                       reply_, *this, request_gauge_, response_gauge_});
}

FilterTester::~FilterTester() {
  EXPECT_EQ(out_, "") << "nobody read this output of the filter";
  const size_t held = runner_->Drop(Flow::kRequest) + runner_->Drop(Flow::kResponse);
  if (!held_is_fine_) {
    EXPECT_EQ(held, 0u) << "the filter still holds bytes back";
  }
}

void FilterTester::Request(Fields fields, End end) {
  runner_->PutHeaders(Flow::kRequest, Fill(request_headers_, fields), end);
  Pull(Flow::kRequest);
}

void FilterTester::RequestData(absl::string_view bytes, End end) {
  PutData(Flow::kRequest, bytes, end);
}

void FilterTester::RequestTrailers(Fields fields) {
  runner_->PutTrailers(Flow::kRequest, Fill(request_trailers_, fields));
  Pull(Flow::kRequest);
}

void FilterTester::Response(Fields fields, End end) {
  runner_->PutHeaders(Flow::kResponse, Fill(response_headers_, fields), end);
  Pull(Flow::kResponse);
}

void FilterTester::ResponseData(absl::string_view bytes, End end) {
  PutData(Flow::kResponse, bytes, end);
}

void FilterTester::ResponseTrailers(Fields fields) {
  runner_->PutTrailers(Flow::kResponse, Fill(response_trailers_, fields));
  Pull(Flow::kResponse);
}

std::string FilterTester::Out() { return std::exchange(out_, ""); }

void FilterTester::Advance(Duration duration) { world_.Advance(duration); }

void FilterTester::ResumeSlot(uint32_t slot) {
  if (answered_) return;
  runner_->Resume(slot);
  Pull(Flow::kRequest);
  Pull(Flow::kResponse);
}

void FilterTester::ReplyFromSlot(uint32_t slot, const Reply& reply) {
  if (!answered_) Answer(slot, reply);
}

Headers& FilterTester::Fill(Headers& headers, Fields fields) {
  for (const auto& [name, value] : fields) headers.Add(name, value);
  return headers;
}

std::string FilterTester::Text(const Headers& headers) {
  std::string text;
  for (const Header& header : headers) absl::StrAppend(&text, " ", header.name, "=", header.value);
  return text;
}

void FilterTester::PutData(Flow flow, absl::string_view bytes, End end) {
  Buffer data(world_.worker().slabs);
  data.Append(bytes);
  (flow == Flow::kRequest ? request_gauge_ : response_gauge_).Add(data.size());
  runner_->PutData(flow, data, end);
  Pull(flow);
}

void FilterTester::Pull(Flow flow) {
  const bool request = flow == Flow::kRequest;
  const char* const side = request ? "request" : "response";
  while (!answered_) {
    Buffer data(world_.worker().slabs);
    End end = End::kNo;
    const FilterRunner::Piece piece = runner_->Next(flow, data, end);
    const char* const ending = end == End::kYes ? " end\n" : "\n";
    switch (piece) {
      case FilterRunner::Piece::kNothing:
        return;
      case FilterRunner::Piece::kHeaders:
        absl::StrAppend(&out_, side, Text(request ? request_headers_ : response_headers_), ending);
        break;
      case FilterRunner::Piece::kData:
        (request ? request_gauge_ : response_gauge_).Subtract(data.size());
        absl::StrAppend(&out_, side, " data ", data.ToString(), ending);
        break;
      case FilterRunner::Piece::kTrailers:
        absl::StrAppend(&out_, side, " trailers",
                        Text(request ? request_trailers_ : response_trailers_), " end\n");
        break;
      case FilterRunner::Piece::kReply:
        Answer(runner_->slot(), reply_);
        break;
      case FilterRunner::Piece::kReset:
        answered_ = true;
        out_ += "reset\n";
        break;
    }
  }
}

void FilterTester::Answer(uint32_t slot, const Reply& reply) {
  answered_ = true;
  absl::StrAppend(&out_, "reply ", reply.status, " ", reply.details, " ", reply.body, "\n");
  runner_->BeginReply(slot);
  runner_->Drop(Flow::kRequest);
}

}  // namespace sluice

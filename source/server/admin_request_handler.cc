#include "source/server/admin_request_handler.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

constexpr size_t kPartBytes = 64 * 1024;

}  // namespace

void AdminRequestHandler::OnRequestHeaders(Headers& headers, End end) {
  if (end == End::kYes) Answer();
}

void AdminRequestHandler::OnRequestData(Buffer& data, End end) {
  // One byte more than anybody looks at says that there was more.
  const size_t room = AdminRequest::kBodyBytesMax + 1 - body_.size();
  const size_t at = body_.size();
  body_.resize(at + std::min(room, data.size()));
  data.CopyOut(0, body_.size() - at, body_.data() + at);
  sink_.request_gauge().Subtract(data.size());
  data.Clear();
  if (end == End::kYes) Answer();
}

void AdminRequestHandler::Answer() {
  const Headers& request = sink_.request_headers();
  // A page may come when this is gone. Shared, as a function is to be copied.
  auto link = std::make_shared<Link<AdminRequestHandler>>(*this);
  pages_.Handle({.method = request.Get(HeaderId::kMethod),
                 .target = request.Get(HeaderId::kPath),
                 .body = body_},
                [link = std::move(link)](AdminResponse answer) {
                  if (*link) (*link)->Send(std::move(answer));
                });
}

void AdminRequestHandler::Send(AdminResponse answer) {
  const Headers& request = sink_.request_headers();
  Headers& response = sink_.response_headers();
  response.Add(HeaderId::kStatus, absl::StrCat(answer.status));
  response.AddReference(HeaderId::kContentType, answer.content_type);
  for (const auto& [name, value] : AdminResponse::kHeaders) response.Add(name, value);
  size_t size = answer.body.size();
  for (const std::string& piece : answer.more) size += piece.size();
  response.Add(HeaderId::kContentLength, absl::StrCat(size));
  sink_.info().response_code_details = "admin_filter_response";
  const bool bodiless = size == 0 || request.Get(HeaderId::kMethod) == "HEAD";
  if (!bodiless) {
    unsent_.push_back(std::move(answer.body));
    std::move(answer.more.begin(), answer.more.end(), std::back_inserter(unsent_));
    sink_.response_gauge().SetSource(this);
  }
  Link<AdminRequestHandler> link(*this);
  sink_.SendHeaders(bodiless ? End::kYes : End::kNo);
  if (!bodiless && link) SendPart();
}

void AdminRequestHandler::SendPart() {
  Buffer part(sink_.worker().slabs);
  while (part.size() < kPartBytes && !unsent_.empty()) {
    const absl::string_view rest = absl::string_view(unsent_.front()).substr(sent_bytes_);
    const absl::string_view next = rest.substr(0, kPartBytes - part.size());
    part.Append(next);
    sent_bytes_ += next.size();
    if (next.size() < rest.size()) break;
    unsent_.pop_front();
    sent_bytes_ = 0;
  }
  const bool is_last = unsent_.empty();
  if (is_last) sink_.response_gauge().SetSource(nullptr);
  Link<AdminRequestHandler> link(*this);
  sink_.SendData(part, is_last ? End::kYes : End::kNo);
  if (!is_last && link) SendSoon();
}

void AdminRequestHandler::SendSoon() {
  if (is_paused_ || std::exchange(is_due_, true)) return;
  sink_.worker().loop.Post([link = Link<AdminRequestHandler>(*this)] {
    if (!link) return;
    link->is_due_ = false;
    if (!link->is_paused_) link->SendPart();
  });
}

void AdminRequestHandler::ResumeReading() {
  is_paused_ = false;
  SendSoon();
}

void AdminRequestHandler::Cancel() {
  BreakLinks();
  sink_.response_gauge().SetSource(nullptr);
}

}  // namespace sluice

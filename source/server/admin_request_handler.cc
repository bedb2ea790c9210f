#include "source/server/admin_request_handler.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice {

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
                [link = std::move(link)](const AdminResponse& answer) {
                  if (*link) (*link)->Send(answer);
                });
}

void AdminRequestHandler::Send(const AdminResponse& answer) {
  const Headers& request = sink_.request_headers();
  Headers& response = sink_.response_headers();
  response.Add(HeaderId::kStatus, absl::StrCat(answer.status));
  response.AddReference(HeaderId::kContentType, answer.content_type);
  for (const auto& [name, value] : AdminResponse::kHeaders) response.Add(name, value);
  response.Add(HeaderId::kContentLength, absl::StrCat(answer.body.size()));
  sink_.info().response_code_details = "admin_filter_response";
  const bool bodiless = answer.body.empty() || request.Get(HeaderId::kMethod) == "HEAD";
  sink_.SendHeaders(bodiless ? End::kYes : End::kNo);
  if (bodiless) return;
  Buffer body(sink_.worker().slabs);
  body.Append(answer.body);
  sink_.SendData(body, End::kYes);
}

}  // namespace sluice

#include "test/harness/network_filter_tester.h"

#include <utility>

namespace sluice {
namespace {

NetworkFilterTester::Filters One(std::unique_ptr<NetworkFilter> filter) {
  NetworkFilterTester::Filters filters;
  filters.push_back(std::move(filter));
  return filters;
}

}  // namespace

NetworkFilterTester::NetworkFilterTester(std::unique_ptr<NetworkFilter> filter)
    : NetworkFilterTester(One(std::move(filter))) {}

NetworkFilterTester::NetworkFilterTester(Filters filters)
    : filters_(std::make_unique<ConnectionFilters>(world_.worker().slabs)),
      passed_(world_.worker().slabs) {
  for (std::unique_ptr<NetworkFilter>& filter : filters) filters_->Add(std::move(filter));
  closed_ = filters_->OnNewConnection() == ConnectionFilters::Outcome::kClose;
}

void NetworkFilterTester::Bytes(absl::string_view bytes, End end) {
  if (closed_) return;
  // As the connection does: bytes first, then the end by itself.
  if (!bytes.empty()) {
    filters_->arrived().Append(bytes);
    closed_ = filters_->Run(End::kNo, passed_) == ConnectionFilters::Outcome::kClose;
  }
  if (end == End::kYes && !closed_) {
    closed_ = filters_->Run(End::kYes, passed_) == ConnectionFilters::Outcome::kClose;
  }
}

void NetworkFilterTester::ByteByByte(absl::string_view bytes, End end) {
  for (size_t i = 0; i < bytes.size(); ++i) Bytes(bytes.substr(i, 1));
  if (end == End::kYes) Fin();
}

std::string NetworkFilterTester::Take() {
  std::string text = passed_.ToString();
  passed_.Clear();
  return text;
}

}  // namespace sluice

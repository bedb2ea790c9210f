#include "source/proxy/filter_runner.h"

namespace sluice {

FilterRunner::FilterRunner(const FilterPlan& plan, const StreamParts& stream)
    : plan_(plan), stream_(stream), count_(static_cast<uint32_t>(plan.filters.size())) {
  if (count_ == 0) return;
  Arena& arena = stream_.arena;
  filters_ = static_cast<ArenaPtr<HttpFilter>*>(arena.Allocate(sizeof(ArenaPtr<HttpFilter>) * count_));
  detached_ = static_cast<bool*>(arena.Allocate(count_));
  request_.slots = static_cast<Slot*>(arena.Allocate(sizeof(Slot) * (count_ + 1)));
  response_.slots = static_cast<Slot*>(arena.Allocate(sizeof(Slot) * (count_ + 1)));
  for (uint32_t i = 0; i < count_; ++i) {
    new (&filters_[i]) ArenaPtr<HttpFilter>(plan.filters[i].factory->Create(arena));
    detached_[i] = false;
  }
  for (uint32_t i = 0; i <= count_; ++i) {
    new (&request_.slots[i]) Slot;
    new (&response_.slots[i]) Slot;
  }
}

FilterRunner::~FilterRunner() {
  if (count_ == 0) return;
  Destroy(request_);
  Destroy(response_);
  for (uint32_t i = count_; i-- > 0;) filters_[i].~unique_ptr();
}

void FilterRunner::PutHeaders(Flow flow, Headers& headers, End end) {
  Slot& slot = lane(flow).slots[lane(flow).first];
  slot.headers = &headers;
  slot.end = end == End::kYes;
}

void FilterRunner::PutData(Flow flow, Buffer& data, End end) {
  Slot& slot = lane(flow).slots[lane(flow).first];
  DataOf(slot).MoveFrom(data);
  slot.data_waiting = true;
  slot.end = end == End::kYes;
}

void FilterRunner::PutTrailers(Flow flow, Headers& trailers) {
  Slot& slot = lane(flow).slots[lane(flow).first];
  slot.trailers = &trailers;
  slot.end = true;
}

FilterRunner::Piece FilterRunner::Next(Flow flow, Buffer& data, End& end) {
  Lane& lane = this->lane(flow);
  // Later slots first: what is further on the way leaves before more is let in behind it.
  const Piece ready = TakeFromExit(lane.slots[count_], data, end);
  if (ready != Piece::kNothing) return ready;
  for (uint32_t position = lane.first; position < count_; ++position) {
    const Piece answer = Advance(flow, position);
    if (answer != Piece::kNothing) return answer;
  }
  return TakeFromExit(lane.slots[count_], data, end);
}

void FilterRunner::Resume(uint32_t filter) {
  request_.slots[filter].paused = false;
  response_.slots[count_ - 1 - filter].paused = false;
}

void FilterRunner::BeginReply(uint32_t slot) { response_.first = count_ - slot; }

size_t FilterRunner::Drop(Flow flow) {
  size_t dropped = 0;
  for (uint32_t i = 0; count_ > 0 && i <= count_; ++i) {
    Slot& slot = lane(flow).slots[i];
    if (slot.data != nullptr) {
      dropped += slot.data->size();
      slot.data->Clear();
    }
    Buffer* const buffer = slot.data;
    slot = Slot();
    slot.data = buffer;
  }
  return dropped;
}

FilterRunner::Piece FilterRunner::TakeFromExit(Slot& exit, Buffer& data, End& end) {
  end = End::kNo;
  if (exit.headers != nullptr) {
    exit.headers = nullptr;
    if (exit.end && !exit.data_waiting && exit.trailers == nullptr) end = End::kYes;
    return Piece::kHeaders;
  }
  if (exit.data_waiting) {
    exit.data_waiting = false;
    data.MoveFrom(*exit.data);
    if (exit.end && exit.trailers == nullptr) end = End::kYes;
    return Piece::kData;
  }
  if (exit.trailers != nullptr) {
    exit.trailers = nullptr;
    end = End::kYes;
    return Piece::kTrailers;
  }
  return Piece::kNothing;
}

// Asks the filter about each piece that waits at its place, and moves on what it lets pass.
FilterRunner::Piece FilterRunner::Advance(Flow flow, uint32_t position) {
  Slot& slot = lane(flow).slots[position];
  Slot& next = lane(flow).slots[position + 1];
  const uint32_t filter = FilterAt(flow, position);
  answering_slot_ = filter;
  while (!slot.paused) {
    const bool headers = slot.headers != nullptr;
    if (!headers && !slot.data_waiting && slot.trailers == nullptr) return Piece::kNothing;
    if (WaitsForWholeBody(flow, filter, slot)) {
      const size_t bytes_max = plan_.filters[filter].factory->whole_request_body_bytes_max();
      if (slot.data == nullptr || slot.data->size() <= bytes_max) return Piece::kNothing;
      stream_.reply = Reply{.status = 413, .body = "Payload Too Large", .details = "request_payload_too_large"};
      return Piece::kReply;
    }
    const bool data = !headers && slot.data_waiting;
    Verdict verdict = Verdict::kContinue;
    if (headers) {
      if (!slot.headers_asked) verdict = AskHeaders(flow, filter, slot);
    } else if (data) {
      if (!slot.data_asked) verdict = AskData(flow, filter, slot);
    } else if (!slot.trailers_asked) {
      verdict = AskTrailers(flow, filter, slot);
    }
    switch (verdict) {
      case Verdict::kPause:
        slot.paused = true;
        return Piece::kNothing;
      case Verdict::kReply:
        return Piece::kReply;
      case Verdict::kReset:
        return Piece::kReset;
      case Verdict::kDetach:
        detached_[filter] = true;
        break;
      case Verdict::kContinue:
        break;
    }
    if (headers) {
      PassHeaders(slot, next);
      if (flow == Flow::kRequest) passed_filters_ = position + 1;
    } else if (data) {
      PassData(slot, next, slot.data_asked ? slot.asked_bytes : slot.data->size());
    } else {
      PassTrailers(slot, next);
    }
  }
  return Piece::kNothing;
}

bool FilterRunner::WaitsForWholeBody(Flow flow, uint32_t filter, const Slot& slot) {
  return flow == Flow::kRequest && !slot.end && slot.headers != nullptr && !slot.headers_asked && !detached_[filter] &&
         plan_.filters[filter].factory->whole_request_body_bytes_max() > 0;
}

Verdict FilterRunner::AskHeaders(Flow flow, uint32_t filter, Slot& slot) {
  slot.headers_asked = true;
  const bool request = flow == Flow::kRequest;
  if (!Wants(filter, request ? Interest::kRequestHeaders : Interest::kResponseHeaders)) return Verdict::kContinue;
  FilterContext context = ContextFor(filter);
  const bool last = slot.end && !slot.data_waiting && slot.trailers == nullptr;
  const End end = last ? End::kYes : End::kNo;
  return request ? filters_[filter]->OnRequestHeaders(context, *slot.headers, end)
                 : filters_[filter]->OnResponseHeaders(context, *slot.headers, end);
}

Verdict FilterRunner::AskData(Flow flow, uint32_t filter, Slot& slot) {
  const bool request = flow == Flow::kRequest;
  if (!Wants(filter, request ? Interest::kRequestData : Interest::kResponseData)) return Verdict::kContinue;
  FilterContext context = ContextFor(filter);
  const size_t before = slot.data->size();
  const End end = slot.end && slot.trailers == nullptr ? End::kYes : End::kNo;
  const Verdict verdict = request ? filters_[filter]->OnRequestData(context, *slot.data, end)
                                  : filters_[filter]->OnResponseData(context, *slot.data, end);
  // A filter that changed the size of the data changed what waits in this direction.
  const size_t after = slot.data->size();
  if (after > before) GaugeOf(flow).Add(after - before);
  if (after < before) GaugeOf(flow).Subtract(before - after);
  if (verdict == Verdict::kPause) {
    slot.data_asked = true;
    slot.asked_bytes = after;
  }
  return verdict;
}

Verdict FilterRunner::AskTrailers(Flow flow, uint32_t filter, Slot& slot) {
  slot.trailers_asked = true;
  const bool request = flow == Flow::kRequest;
  if (!Wants(filter, request ? Interest::kRequestTrailers : Interest::kResponseTrailers)) return Verdict::kContinue;
  FilterContext context = ContextFor(filter);
  return request ? filters_[filter]->OnRequestTrailers(context, *slot.trailers)
                 : filters_[filter]->OnResponseTrailers(context, *slot.trailers);
}

FilterContext FilterRunner::ContextFor(uint32_t filter) {
  return FilterContext(stream_.worker, stream_.arena, stream_.info, stream_.route, stream_.request_headers,
                       stream_.reply, stream_.resume_target, filter);
}

void FilterRunner::PassHeaders(Slot& from, Slot& to) {
  to.headers = from.headers;
  from.headers = nullptr;
  to.end = from.end && !from.data_waiting && from.trailers == nullptr;
}

void FilterRunner::PassData(Slot& from, Slot& to, size_t bytes) {
  DataOf(to).MoveFrom(*from.data, bytes);
  to.data_waiting = true;
  from.data_asked = false;
  from.asked_bytes = 0;
  // What came while the filter was paused has not been asked about yet.
  from.data_waiting = !from.data->empty();
  to.end = from.end && !from.data_waiting && from.trailers == nullptr;
}

void FilterRunner::PassTrailers(Slot& from, Slot& to) {
  to.trailers = from.trailers;
  from.trailers = nullptr;
  to.end = true;
}

Buffer& FilterRunner::DataOf(Slot& slot) {
  if (slot.data == nullptr) slot.data = stream_.arena.New<Buffer>(stream_.worker.slabs);
  return *slot.data;
}

void FilterRunner::Destroy(Lane& lane) {
  for (uint32_t i = 0; i <= count_; ++i) {
    if (lane.slots[i].data != nullptr) lane.slots[i].data->~Buffer();
  }
}

}  // namespace sluice

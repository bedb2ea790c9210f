#include "source/proxy/filter_runner.h"

#include <utility>

namespace sluice {

void FilterRunner::Start(const FilterPlan& plan, const StreamParts& stream) {
  if (plan.filters.empty()) return;
  count_ = static_cast<uint32_t>(plan.filters.size());
  filters_ = static_cast<ArenaPtr<HttpFilter>*>(
      stream.arena.Allocate(sizeof(ArenaPtr<HttpFilter>) * count_));
  Arena& passing = stream.request_headers.arena();
  chain_ = passing.New<Chain>(plan, stream);
  chain_->detached = static_cast<bool*>(passing.Allocate(count_, 1));
  for (uint32_t i = 0; i < count_; ++i) {
    new (&filters_[i]) ArenaPtr<HttpFilter>(plan.filters[i].factory->Create(stream.arena));
    chain_->detached[i] = false;
  }
  for (Lane* lane : {&chain_->request, &chain_->response}) {
    lane->places = static_cast<Place*>(passing.Allocate(sizeof(Place) * (count_ + 1)));
    for (uint32_t i = 0; i <= count_; ++i) new (&lane->places[i]) Place;
  }
}

void FilterRunner::ApplyRoute(uint32_t first) {
  if (empty()) return;
  const Route* const route = chain_->stream.route;
  const auto* const said = route == nullptr ? nullptr : route->filter_settings.get();
  const FilterPlan& plan = chain_->plan;
  if (said == nullptr && !plan.has_disabled) return;
  chain_->settings = static_cast<const FilterSettings**>(
      chain_->stream.request_headers.arena().Allocate(sizeof(const FilterSettings*) * count_));
  for (uint32_t i = 0; i < count_; ++i) {
    const FilterSettings* const own = FindSettings(said, plan.filters[i].name);
    chain_->settings[i] = own;
    if (i < first) continue;
    chain_->detached[i] = own == nullptr ? plan.filters[i].disabled : own->disabled;
  }
}

FilterRunner::~FilterRunner() {
  DropChain();
  for (uint32_t i = count_; i-- > 0;) filters_[i].~unique_ptr();
}

void FilterRunner::DropChain() {
  if (empty()) return;
  for (const Lane* lane : {&chain_->request, &chain_->response}) {
    for (uint32_t i = 0; i <= count_; ++i) {
      if (lane->places[i].data != nullptr) lane->places[i].data->~Buffer();
    }
  }
  chain_ = nullptr;
}

void FilterRunner::StepAside() {
  if (empty()) return;
  for (const Flow flow : {Flow::kRequest, Flow::kResponse}) {
    if (holds_any(flow)) return;
    for (uint32_t filter = 0; filter < count_; ++filter) {
      if (Wants(filter, flow, Piece::kData) || Wants(filter, flow, Piece::kTrailers)) return;
    }
  }
  DropChain();
}

void FilterRunner::PutHeaders(Flow flow, Headers& headers, End end) {
  if (lane(flow).stopped) return;
  Buffer none(chain_->stream.worker.slabs);
  Hand hand{Piece::kHeaders, &headers, none, end};
  Hold(flow, lane(flow).first, hand);
}

void FilterRunner::PutData(Flow flow, Buffer& data, End end) {
  Hand hand{Piece::kData, nullptr, data, end};
  if (lane(flow).stopped) {
    DropHand(flow, hand, Piece::kNothing);
    return;
  }
  Hold(flow, lane(flow).first, hand);
}

void FilterRunner::PutTrailers(Flow flow, Headers& trailers) {
  if (lane(flow).stopped) return;
  Buffer none(chain_->stream.worker.slabs);
  Hand hand{Piece::kTrailers, &trailers, none, End::kYes};
  Hold(flow, lane(flow).first, hand);
}

FilterRunner::Piece FilterRunner::Next(Flow flow, Buffer& data, End& end) {
  if (empty()) return Piece::kNothing;
  Lane& lane = this->lane(flow);
  for (;;) {
    const uint32_t position = ReadyPosition(lane);
    if (position > count_) return Piece::kNothing;
    Place& place = lane.places[position];
    if (place.state == State::kTooLarge) return Piece::kBodyTooLarge;
    Hand hand{Piece::kNothing, nullptr, data, End::kNo};
    const bool asked = !Take(place, hand);
    if (asked && flow == Flow::kRequest && hand.piece == Piece::kHeaders) {
      passed_filters_ = position + 1;
    }
    const Piece result = Walk(flow, asked ? position + 1 : position, hand);
    if (result == Piece::kNothing) continue;
    end = hand.end;
    return result;
  }
}

// The last place that can go on: what is further on the way leaves before more is let in behind it.
// Past the end: there is none.
uint32_t FilterRunner::ReadyPosition(const Lane& lane) const {
  if (lane.stopped) return count_ + 1;
  for (uint32_t position = count_ + 1; position-- > lane.first;) {
    const Place& place = lane.places[position];
    if (place.state == State::kTooLarge) return position;
    if (place.state == State::kOpen && place.holds_any()) return position;
  }
  return count_ + 1;
}

bool FilterRunner::Take(Place& place, Hand& hand) {
  const Piece asked = std::exchange(place.asked, Piece::kNothing);
  const bool last = place.end && place.trailers == nullptr;
  if (place.headers != nullptr) {
    hand.piece = Piece::kHeaders;
    hand.headers = std::exchange(place.headers, nullptr);
    hand.end = last && !place.data_waiting ? End::kYes : End::kNo;
  } else if (asked == Piece::kData) {
    hand.piece = Piece::kData;
    hand.data.MoveFrom(*place.data, std::exchange(place.asked_bytes, 0));
  } else if (place.data_waiting) {
    hand.piece = Piece::kData;
    hand.data.MoveFrom(DataOf(place));
    hand.end = last ? End::kYes : End::kNo;
    place.data_waiting = false;
  } else {
    hand.piece = Piece::kTrailers;
    hand.headers = std::exchange(place.trailers, nullptr);
    hand.end = End::kYes;
  }
  if (asked != Piece::kNothing) hand.end = place.asked_end;
  return asked == Piece::kNothing;
}

// From filter to filter, until one keeps the piece or it has passed all.
FilterRunner::Piece FilterRunner::Walk(Flow flow, uint32_t position, Hand& hand) {
  Lane& lane = this->lane(flow);
  for (;; ++position) {
    // Filters that took all of a piece, which is not the last, have not left one.
    const bool taken = hand.piece == Piece::kData && hand.data.empty() && hand.end == End::kNo;
    if (taken) return Piece::kNothing;
    if (position >= count_) return hand.piece;
    Place& place = lane.places[position];
    const uint32_t filter = FilterAt(flow, position);
    if (place.state != State::kOpen || MustGather(flow, position, hand)) {
      Hold(flow, position, hand);
      return Piece::kNothing;
    }
    if (Wants(filter, flow, hand.piece)) {
      const uint32_t stops = lane.stops;
      place.state = State::kAsking;
      Verdict verdict = Ask(flow, filter, hand);
      if (stops != lane.stops) return DropHand(flow, hand, Piece::kNothing);
      const bool resumed = place.state == State::kResumed;
      place.state = State::kOpen;
      switch (verdict) {
        case Verdict::kPause:
          if (resumed) break;
          place.state = State::kPaused;
          HoldAsked(place, hand);
          return Piece::kNothing;
        case Verdict::kReply:
          if (chain_->stream.reply == nullptr)
            chain_->stream.reply = chain_->stream.arena.New<Reply>();
          lane.replier = filter;
          return DropHand(flow, hand, Piece::kReply);
        case Verdict::kReset:
          return DropHand(flow, hand, Piece::kReset);
        case Verdict::kDetach:
          chain_->detached[filter] = true;
          break;
        case Verdict::kContinue:
          break;
      }
    }
    if (flow == Flow::kRequest && hand.piece == Piece::kHeaders) passed_filters_ = position + 1;
  }
}

// A filter that changes the size of the data changes what waits in this direction.
Verdict FilterRunner::Ask(Flow flow, uint32_t filter, Hand& hand) {
  const size_t before = hand.data.size();
  const Verdict verdict = AskAbout(flow, filter, hand);
  const bool trailers_are_data = hand.piece == Piece::kTrailers && !hand.data.empty();
  if (trailers_are_data) hand.piece = Piece::kData;
  const size_t after = hand.data.size();
  if (after > before) GaugeOf(flow).Add(after - before);
  if (after < before) GaugeOf(flow).Subtract(before - after);
  return verdict;
}

Verdict FilterRunner::AskAbout(Flow flow, uint32_t filter, Hand& hand) {
  // A request's filters and places have the same numbers.
  const bool request = flow == Flow::kRequest;
  const bool gathered = request && chain_->request.places[filter].gathered;
  const FilterSettings* const settings =
      chain_->settings == nullptr ? nullptr : chain_->settings[filter];
  const Buffer* const body = gathered ? chain_->request.places[filter].data : nullptr;
  FilterContext context({.worker = chain_->stream.worker,
                         .arena = chain_->stream.arena,
                         .info = chain_->stream.info,
                         .route = chain_->stream.route,
                         .upgrade = chain_->stream.upgrade,
                         .request_headers = chain_->stream.request_headers,
                         .reply = chain_->stream.reply,
                         .resume_target = chain_->stream.resume_target,
                         .scratch = chain_->stream.scratch,
                         .flow = flow,
                         .filter = filter,
                         .whole_body_bytes = body == nullptr ? 0 : body->size(),
                         .settings = settings,
                         .tail = hand.data});
  HttpFilter& asked = *filters_[filter];
  switch (hand.piece) {
    case Piece::kHeaders:
      return request ? asked.OnRequestHeaders(context, *hand.headers, hand.end)
                     : asked.OnResponseHeaders(context, *hand.headers, hand.end);
    case Piece::kData:
      return request ? asked.OnRequestData(context, hand.data, hand.end)
                     : asked.OnResponseData(context, hand.data, hand.end);
    default:
      return request ? asked.OnRequestTrailers(context, *hand.headers)
                     : asked.OnResponseTrailers(context, *hand.headers);
  }
}

bool FilterRunner::Wants(uint32_t filter, Flow flow, Piece piece) const {
  if (chain_->detached[filter]) return false;
  const bool request = flow == Flow::kRequest;
  Interest interest = request ? Interest::kRequestHeaders : Interest::kResponseHeaders;
  if (piece == Piece::kData) {
    interest = request ? Interest::kRequestData : Interest::kResponseData;
  } else if (piece == Piece::kTrailers) {
    interest = request ? Interest::kRequestTrailers : Interest::kResponseTrailers;
  }
  return Includes(chain_->plan.filters[filter].interests, interest);
}

bool FilterRunner::MustGather(Flow flow, uint32_t position, const Hand& hand) const {
  return flow == Flow::kRequest && hand.piece == Piece::kHeaders && hand.end == End::kNo &&
         WholeBodyBytesMax(flow, position) > 0 && !chain_->request.places[position].gathered;
}

// 0: its filter, if there is one, takes the body as it comes.
size_t FilterRunner::WholeBodyBytesMax(Flow flow, uint32_t position) const {
  if (flow == Flow::kResponse || position >= count_ || chain_->detached[position]) return 0;
  return chain_->plan.filters[position].whole_body_bytes_max;
}

// Keeps a piece at a place whose filter has not been asked about it.
void FilterRunner::Hold(Flow flow, uint32_t position, Hand& hand) {
  Place& place = lane(flow).places[position];
  const size_t whole_body_bytes_max = WholeBodyBytesMax(flow, position);
  switch (hand.piece) {
    case Piece::kHeaders:
      place.headers = hand.headers;
      if (whole_body_bytes_max > 0 && hand.end == End::kNo) {
        place.state = State::kGathering;
        place.gathered = true;
      }
      break;
    case Piece::kData:
      if (!hand.data.empty() || hand.end == End::kYes) place.data_waiting = true;
      if (!hand.data.empty()) DataOf(place).MoveFrom(hand.data);
      break;
    default:
      place.trailers = hand.headers;
      break;
  }
  if (hand.end == End::kYes) place.end = true;
  if (place.state != State::kGathering) return;
  if (place.data != nullptr && place.data->size() > whole_body_bytes_max) {
    place.state = State::kTooLarge;
  } else if (place.end) {
    place.state = State::kOpen;
  }
}

// Keeps a piece on which the filter has paused, in front of what waits there already.
void FilterRunner::HoldAsked(Place& place, Hand& hand) {
  place.asked = hand.piece;
  place.asked_end = hand.end;
  switch (hand.piece) {
    case Piece::kHeaders:
      place.headers = hand.headers;
      break;
    case Piece::kData: {
      place.asked_bytes = hand.data.size();
      Buffer& data = DataOf(place);
      hand.data.MoveFrom(data);
      data.MoveFrom(hand.data);
      break;
    }
    default:
      place.trailers = hand.headers;
      break;
  }
}

FilterRunner::Piece FilterRunner::DropHand(Flow flow, Hand& hand, Piece result) {
  GaugeOf(flow).Subtract(hand.data.size());
  hand.data.Clear();
  return result;
}

void FilterRunner::Resume(Flow flow, uint32_t filter) {
  if (empty()) return;
  Place& place = lane(flow).places[flow == Flow::kRequest ? filter : count_ - 1 - filter];
  if (place.state == State::kPaused) place.state = State::kOpen;
  if (place.state == State::kAsking) place.state = State::kResumed;
}

bool FilterRunner::IsWaitedFor(Flow flow, uint32_t filter) const {
  if (empty()) return false;
  const State state =
      lane(flow).places[flow == Flow::kRequest ? filter : count_ - 1 - filter].state;
  return state == State::kPaused || state == State::kAsking || state == State::kResumed;
}

void FilterRunner::Stop(Flow flow) {
  if (empty()) return;
  Lane& lane = this->lane(flow);
  lane.stopped = true;
  ++lane.stops;
  size_t dropped = 0;
  for (uint32_t i = 0; i <= count_; ++i) {
    Place& place = lane.places[i];
    Buffer* const data = place.data;
    place = Place();
    place.data = data;
    if (data == nullptr) continue;
    dropped += data->size();
    data->Clear();
  }
  if (dropped > 0) GaugeOf(flow).Subtract(dropped);
}

void FilterRunner::BeginReply(uint32_t filter) {
  if (empty()) return;
  Stop(Flow::kRequest);
  Stop(Flow::kResponse);
  chain_->response.stopped = false;
  chain_->response.first = count_ - filter;
}

bool FilterRunner::holds_any(Flow flow) const {
  if (empty()) return false;
  for (uint32_t i = 0; i <= count_; ++i) {
    if (lane(flow).places[i].holds_any()) return true;
  }
  return false;
}

Buffer& FilterRunner::DataOf(Place& place) {
  if (place.data == nullptr)
    place.data = chain_->stream.request_headers.arena().New<Buffer>(chain_->stream.worker.slabs);
  return *place.data;
}

}  // namespace sluice

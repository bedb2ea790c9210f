// RecordingDownstream: what ends a filter chain in tests of listeners: it reads, and writes down
// what has become of its connection. One thread.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "source/net/connection.h"
#include "source/sdk/downstream.h"

namespace sluice {

// One connection that was given to a chain.
struct Taken {
  std::string chain;
  std::string bytes;
  std::string closed;  // by whom; "": open
  bool draining = false;
  std::unique_ptr<const AcceptedFacts> accepted;
};
using TakenLog = std::vector<std::unique_ptr<Taken>>;

class RecordingDownstream final : public Downstream, private ConnectionHandler {
 public:
  RecordingDownstream(DownstreamArgs args, Taken& taken)
      : owner_(args.owner),
        taken_(taken),
        connection_(args.worker, Connection::Side::kAccepted, std::move(args.io),
                    std::move(args.transport), limits_) {
    taken_.draining = args.draining;
    taken_.accepted = std::move(args.accepted);
    connection_.LimitHandshake(args.handshake_timeout);
  }
  void Start() override { connection_.Start(*this); }
  void StartDrain() override { taken_.draining = true; }
  void CloseNow() override { connection_.Close(CloseKind::kNow); }

 private:
  void OnBytes(Buffer& in, End) override {
    taken_.bytes += in.ToString();
    in.Clear();
  }
  void FillOutput(Buffer&, size_t) override {}
  void OnConnectionClosed(CloseCause cause) override {
    taken_.closed = cause == CloseCause::kLocal            ? "local"
                    : cause == CloseCause::kPeer           ? "peer"
                    : cause == CloseCause::kConnectTimeout ? "timeout"
                                                           : "other";
    owner_.OnDownstreamClosed(*this, cause);
  }
  DownstreamOwner& owner_;
  Taken& taken_;
  const ConnectionLimits limits_;
  Connection connection_;
};

// Of a chain called `label`; the log outlives it.
class RecordingDownstreamFactory final : public DownstreamFactory {
 public:
  RecordingDownstreamFactory(std::string label, TakenLog& log)
      : label_(std::move(label)), log_(log) {}
  std::unique_ptr<Downstream> Create(DownstreamArgs args) const override {
    log_.push_back(std::make_unique<Taken>());
    log_.back()->chain = label_;
    return std::make_unique<RecordingDownstream>(std::move(args), *log_.back());
  }

 private:
  const std::string label_;
  TakenLog& log_;
};

}  // namespace sluice

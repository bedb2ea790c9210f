#include "source/upstream/health/tcp_probe.h"

#include <utility>

#include "source/event/event_loop.h"

namespace sluice {
namespace {

constexpr ConnectionLimits kLimits = {.read_chunk_bytes_max = 32_KiB, .write_chunk_bytes = 16_KiB};

}  // namespace

class TcpProbe::Line final : public Deferred, private ConnectionHandler {
 public:
  explicit Line(TcpProbe& probe)
      : probe_(&probe),
        cluster_(probe.target_.cluster),
        connection_(probe.target_.main, Connection::Side::kConnecting, probe.target_.Connect(),
                    probe.target_.MakeTransport(probe.target_.check.alpn), kLimits),
        out_(probe.target_.main.slabs) {
    connection_.Start(*this);
  }

  void Ask() {
    answered_ = done_ = false;
    ++questions_;
    match_ = std::make_unique<PayloadMatch>(probe_->spec_.receive, 0);
    out_.Append(probe_->spec_.send);
    if (connection_.connected()) OnConnected();
  }
  void Forget() { probe_ = nullptr; }

 private:
  void OnConnected() override {
    if (probe_ == nullptr) return;
    connection_.WantWrite();
    if (probe_->spec_.receive.empty()) Done(ProbeVerdict::kPass, "connected");
  }
  void OnBytes(Buffer& in, End) override {
    if (probe_ != nullptr && !done_ && !in.empty()) {
      answered_ = true;
      match_->Take(in.ToString());
      if (match_->found()) Done(ProbeVerdict::kPass, "said what was expected");
    }
    in.Clear();
  }
  void FillOutput(Buffer& out, size_t) override { out.MoveFrom(out_); }
  void OnConnectionClosed(CloseCause cause) override {
    if (probe_ == nullptr) return;
    // It may have been closed while nobody asked, which only shows now.
    if (!done_ && questions_ > 1 && !answered_) return probe_->AskAnew();
    if (done_) return probe_->Drop();
    std::string words = cause == CloseCause::kPeer || cause == CloseCause::kPeerReset
                            ? "the connection was closed before the answer was complete"
                            : ConnectFailureWords(connection_, cause);
    Done(ProbeVerdict::kNetwork, std::move(words));
  }
  void Done(ProbeVerdict verdict, std::string words) {
    done_ = true;
    probe_->Finish(verdict, std::move(words));
  }

  TcpProbe* probe_;  // null: it hears no more
  const std::shared_ptr<const ClusterSpec> cluster_;
  Connection connection_;
  Buffer out_;
  std::unique_ptr<PayloadMatch> match_;
  uint32_t questions_ = 0;
  bool answered_ = false;
  bool done_ = true;
};

TcpProbe::TcpProbe(const ProbeTarget& target, const TcpProbeSpec& spec, Report report)
    : target_(target), spec_(spec), report_(std::move(report)) {}

TcpProbe::~TcpProbe() { Drop(); }

void TcpProbe::Start() {
  if (line_ == nullptr) line_ = std::make_unique<Line>(*this);
  line_->Ask();
}

void TcpProbe::AskAnew() {
  Drop();
  Start();
}

void TcpProbe::Drop() {
  if (line_ == nullptr) return;
  line_->Forget();
  target_.main.loop.DeleteLater(std::move(line_));
}

void TcpProbe::Finish(ProbeVerdict verdict, std::string words) {
  // To connect is the question where nothing is to be received.
  const bool keep = Passes(verdict) && target_.check.reuse_connection && !spec_.receive.empty();
  if (!keep) Drop();
  report_({verdict, std::move(words)});
}

}  // namespace sluice

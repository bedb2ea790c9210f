// H1Client, H1Server: scripted ends that speak raw HTTP/1 over the simulated network, with a reader
// of their own. One thread; they act when the world runs.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "source/event/timer.h"
#include "test/harness/h1_message.h"
#include "test/harness/sim_world.h"

namespace sluice {

// One connection to the code under test.
class H1Client {
 public:
  H1Client(SimWorld& world, const Address& to);

  // "GET /path HTTP/1.1", a host and these header lines ("name: value").
  void Get(absl::string_view path, const std::vector<std::string>& header_lines = {});
  // With a content-length.
  void Post(absl::string_view path, absl::string_view body,
            const std::vector<std::string>& header_lines = {});
  // Raw bytes; whoever sends a HEAD this way says so.
  void Send(absl::string_view bytes) { peer_.get()->Send(bytes); }
  void ExpectNoBody() { reader_.ExpectNoBody(); }

  MemoryPeer& peer() { return *peer_; }
  void Close() { peer_.reset(); }
  bool closed_by_peer() const { return ended_; }  // FIN or reset

  // All complete ones so far; the nth, or a failed test and an empty message.
  const std::vector<H1Message>& responses() const { return responses_; }
  const H1Message& response(size_t index) const;
  const H1Reader& reader() const { return reader_; }

 private:
  void OnActivity();
  std::unique_ptr<MemoryPeer> peer_;
  H1Reader reader_{H1Reader::Role::kResponses};
  std::vector<H1Message> responses_;
  bool ended_ = false;
};

// What a server does for a request.
struct H1Answer {
  std::string bytes;  // raw; nothing: no answer at all
  Duration delay{0};
  enum class Then : uint8_t { kKeep, kFin, kReset } then = Then::kKeep;

  static H1Answer Of(int status, absl::string_view body = "",
                     const std::vector<std::string>& header_lines = {});
};

class H1Server {
 public:
  using OnRequest = std::function<H1Answer(const H1Message& request)>;
  H1Server(SimWorld& world, const Address& at, OnRequest on_request);
  ~H1Server();  // stops serving, closes what is open

  void SetOnRequest(OnRequest on_request) { on_request_ = std::move(on_request); }
  void RefuseConnections() { world_.memory().StopServing(at_); }
  void AcceptConnections();  // again
  // Closes all connections: FIN, or a reset each.
  void CloseAll();
  void ResetAll();

  const std::vector<H1Message>& requests() const { return requests_; }
  // The nth, or a failed test and an empty message.
  const H1Message& request(size_t index) const;
  size_t connections_accepted() const { return accepted_; }
  size_t connections_open() const { return connections_.size(); }
  // The `index`th of the open ones, for what no script says; or a failed test and one that leads
  // nowhere.
  MemoryPeer& connection(size_t index);

 private:
  struct PeerConnection;
  void OnPeer(std::unique_ptr<MemoryPeer> peer);
  void OnActivity(PeerConnection& connection);
  void Forget(PeerConnection& connection);
  SimWorld& world_;
  const Address at_;
  OnRequest on_request_;
  std::vector<H1Message> requests_;
  std::vector<std::unique_ptr<PeerConnection>> connections_;
  std::unique_ptr<MemoryPeer> nowhere_;
  size_t accepted_ = 0;
};

}  // namespace sluice

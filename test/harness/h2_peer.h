// H2Client, H2Server: scripted ends that speak raw HTTP/2 over the simulated network, with frames
// and HPACK of their own (h2_wire.h). One thread; they act when the world runs.
//
// Both say SETTINGS at once, acknowledge the other's, answer PING, and give windows back as they
// read, unless a test says otherwise.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "source/base/units.h"
#include "source/event/timer.h"
#include "test/harness/h2_wire.h"
#include "test/harness/sim_world.h"

namespace sluice {

// One message as it came.
struct H2Message {
  H2Fields head;
  std::vector<H2Fields> informational;
  std::string body;
  H2Fields trailers;
  bool complete = false;          // END_STREAM has come
  std::optional<uint32_t> reset;  // the code of a RST_STREAM
  uint32_t stream = 0;

  // The first of that name, or empty.
  std::string Get(absl::string_view name) const;
  int status() const;
};

struct H2PeerOptions {
  std::vector<std::pair<uint16_t, uint32_t>> settings;
  bool acknowledge = true;   // SETTINGS and PING
  bool give_windows = true;  // WINDOW_UPDATE for all DATA that comes
};

// What both ends do with the wire.
class H2Endpoint {
 public:
  enum class Role : uint8_t { kClient, kServer };
  H2Endpoint(std::unique_ptr<MemoryPeer> peer, Role role, const H2PeerOptions& options);

  // Raw.
  void Send(absl::string_view bytes) { peer_->Send(bytes); }
  void SendHead(uint32_t stream, const H2Fields& fields, End end);
  void SendTrailers(uint32_t stream, const H2Fields& fields) {
    SendHead(stream, fields, End::kYes);
  }
  // Cut into frames; waits for windows. Bytes beyond them are sent as the other end gives more.
  void SendData(uint32_t stream, absl::string_view bytes, End end);
  void Reset(uint32_t stream, uint32_t code);
  void Goaway(uint32_t last_stream, uint32_t code) { Send(H2GoawayFrame(last_stream, code)); }

  MemoryPeer& peer() { return *peer_; }
  bool closed_by_peer() const { return ended_; }  // FIN or reset
  // What has come on a stream so far; an empty message where nothing has.
  const H2Message& message(uint32_t stream) const;
  const std::map<uint32_t, H2Message>& messages() const { return messages_; }
  // The settings that came, with the defaults of what did not: by RFC 9113 number, 0 where it has
  // none.
  uint32_t setting(uint16_t id) const;
  bool settings_acknowledged() const { return settings_acknowledged_; }
  size_t pings_answered() const { return pings_answered_; }
  size_t pings_received() const { return pings_received_; }
  // Last stream and code of each GOAWAY.
  const std::vector<std::pair<uint32_t, uint32_t>>& goaways() const { return goaways_; }
  // What waits for the other end's windows.
  size_t unsent_bytes(uint32_t stream) const;

  // After bytes, FIN or reset. May destroy the endpoint.
  void OnActivity(std::function<void()> call) { on_activity_ = std::move(call); }

 private:
  struct Outgoing {
    std::string bytes;
    std::string behind;  // a frame that follows them
    End end = End::kNo;
    int64_t window = 0;
    bool queued = false;
  };
  void OnBytes();
  void OnFrame(const H2Frame& frame);
  void OnHeaderBlock(uint32_t stream, bool end);
  void OnSettings(const H2Frame& frame);
  Outgoing& OutgoingOf(uint32_t stream);
  void Flush();

  const std::unique_ptr<MemoryPeer> peer_;
  const Role role_;
  const H2PeerOptions options_;
  H2FrameReader reader_;
  HpackDecoder hpack_;
  std::string wire_;   // before the preface is complete
  std::string block_;  // of a head under way
  bool block_ends_stream_ = false;
  bool preface_done_;
  std::map<uint32_t, H2Message> messages_;
  std::map<uint32_t, Outgoing> outgoing_;
  std::map<uint16_t, uint32_t> settings_;
  std::vector<std::pair<uint32_t, uint32_t>> goaways_;
  std::function<void()> on_activity_;
  int64_t window_ = 65535;
  size_t pings_answered_ = 0;  // of ours
  size_t pings_received_ = 0;
  bool settings_acknowledged_ = false;
  bool ended_ = false;
};

// One connection to the code under test.
class H2Client {
 public:
  H2Client(SimWorld& world, const Address& to, const H2PeerOptions& options = {});

  // Each opens a stream and says which. `more` fields come behind the pseudo-headers.
  uint32_t Get(absl::string_view path, const H2Fields& more = {});
  uint32_t Post(absl::string_view path, absl::string_view body, const H2Fields& more = {});
  uint32_t Start(const H2Fields& fields, End end);

  H2Endpoint& wire() { return endpoint_; }
  const H2Message& response(uint32_t stream) const { return endpoint_.message(stream); }
  bool closed_by_peer() const { return endpoint_.closed_by_peer(); }
  MemoryPeer& peer() { return endpoint_.peer(); }

 private:
  H2Endpoint endpoint_;
  uint32_t next_stream_ = 1;
};

// What a server does for a request when all of it has come.
struct H2Answer {
  H2Fields head;  // empty: no answer
  std::string body;
  H2Fields trailers;
  Duration delay{0};
  std::optional<uint32_t> reset;  // RST_STREAM behind what there is of the answer

  static H2Answer Of(int status, absl::string_view body = "", const H2Fields& more = {});
};

class H2Server {
 public:
  using OnRequest = std::function<H2Answer(const H2Message& request)>;
  H2Server(SimWorld& world, const Address& at, OnRequest on_request,
           const H2PeerOptions& options = {});
  ~H2Server();  // stops serving, closes what is open

  void SetOnRequest(OnRequest on_request) { on_request_ = std::move(on_request); }
  void RefuseConnections() { world_.memory().StopServing(at_); }
  void CloseAll();

  const std::vector<H2Message>& requests() const { return requests_; }
  size_t connections_accepted() const { return accepted_; }
  size_t connections_open() const { return connections_.size(); }
  // The `index`th of the open ones, for what no script says; or a failed test and one that leads
  // nowhere.
  H2Endpoint& connection(size_t index);

 private:
  struct PeerConnection;
  void OnPeer(std::unique_ptr<MemoryPeer> peer);
  void OnActivity(PeerConnection& connection);
  SimWorld& world_;
  const Address at_;
  OnRequest on_request_;
  const H2PeerOptions options_;
  std::vector<H2Message> requests_;
  std::vector<std::unique_ptr<PeerConnection>> connections_;
  std::unique_ptr<H2Endpoint> nowhere_;
  size_t accepted_ = 0;
};

}  // namespace sluice

// FakeControlPlane: a control plane in the test's hands, without a network: it notes what it is
// asked, in both dialects, and says what the test tells it to say.
//
//   FakeControlPlane control_plane(world.main().loop);
//   DiscoveryStream stream(world.main(), [&] { return control_plane.MakeChannel(); }, ...);
//   world.RunUntilIdle();
//   EXPECT_THAT(control_plane.TakeRequests(), ElementsAre("Cluster all; node"));
//   control_plane.Send({.type = &kClusterType, .version = "1", .resources = {cluster}});
//
// The thread of the loop it is given. Outlives the channels it makes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "google/protobuf/message.h"
#include "google/rpc/status.pb.h"
#include "source/base/link.h"
#include "source/event/event_loop.h"
#include "source/grpc/message_stream.h"
#include "source/xds/resource.h"

namespace sluice {

class FakeControlPlane {
 public:
  // As `name` and `version` say, in a Resource of the discovery service; bare where both are empty
  // and the dialect allows it.
  struct Item {
    std::string name;
    std::string version;
    google::protobuf::Any body;
    std::optional<int> ttl_s;
    std::vector<std::string> aliases = {};  // delta only
  };
  struct Answer {
    const ResourceType* type = nullptr;
    std::string version;
    std::vector<Item> resources;
    std::vector<std::string> removed;  // delta only
    std::string nonce;                 // empty: the next of "n1", "n2", ...
  };
  // One stream that somebody has opened.
  class Stream;

  explicit FakeControlPlane(EventLoop& loop) : loop_(loop) {}
  ~FakeControlPlane();

  std::unique_ptr<MessageChannel> MakeChannel();

  // On the last stream that has been opened.
  void Send(const Answer& answer);
  void SendBytes(std::string bytes);
  void End(absl::Status why = absl::OkStatus());

  // Streams fail as soon as they are opened.
  void SetDown(bool is_down) { is_down_ = is_down; }
  // Those that are open.
  size_t streams() const { return streams_.size(); }
  // The methods of all that ever were.
  const std::vector<std::string>& methods() const { return methods_; }

  // What has been asked since this was last called, a line each:
  //   state of the world   "Cluster [a b] version 1 nonce n1 node refuses: ..."
  //   delta                "Cluster +[a b] -[c] knows [a=1] nonce n1 node refuses: ..."
  std::vector<std::string> TakeRequests();
  // What the refusals among them have said of each resource, for programs, a line each mistake:
  //   "Cluster a version 1, at connect_timeout: must be ... (hint)"
  std::vector<std::string> TakeRefusalDetails();

  // Nothing is known any more of what has been asked and told: for those who count memory.
  void Forget();

  // What carries on its own: answers every request as a server would that has `resources` of a
  // kind, in the dialect of the stream, until it is told of others.
  void Serve(const ResourceType& type, std::vector<Item> resources);
  // Says nothing of this kind, not even that there is none, until it is served again.
  void Hold(const ResourceType& type) { held_.push_back(&type); }
  // Delta: says of names that are asked for and that it does not have that there are none. Not of
  // those of a kind that it has not been told of.
  void SayWhatIsMissing() { says_missing_ = true; }
  // Answers each refusal with what was refused, at once, as some servers do.
  void SendRefusedAgain() { sends_again_ = true; }

 private:
  class Channel;
  struct Asked;
  void Take(Stream& stream, const std::string& message);
  void NoteDetails(const google::rpc::Status& status);
  void AnswerFromServed(Stream& stream, const Asked& asked);
  void Push(Stream& stream, const ResourceType& type);
  static bool IsDelta(const Stream& stream);

  EventLoop& loop_;
  std::vector<Stream*> streams_;
  std::vector<std::string> methods_;
  std::vector<std::string> requests_, details_;
  std::vector<std::pair<const ResourceType*, std::vector<Item>>> served_;
  std::vector<const ResourceType*> held_;
  bool is_down_ = false;
  bool says_missing_ = false;
  bool sends_again_ = false;
  int nonces_ = 0;
};

}  // namespace sluice

// Conversation: a script of what a DiscoveryStream's users want and its control plane says, with
// what must come of it, played in either dialect.
//
//   want Cluster *            a user asks: for all, or for a name; "for 5s": the time to wait
//   unwant Cluster a
//   rewant Cluster a          not wanted, and wanted again, in one turn
//   < Cluster v1 a=1 b=2      the server sends resources, by name and version; "a=1(b)": another
//   name
//                             is in it; "a=1()": there is nothing in it; "a=1~10": and lives 10 s
//   < Cluster v2 -a           ... and that one is gone (delta; else it is only left out)
//   end                       the server ends the stream
//   down, up                  no stream comes to be, or they do again
//   wait 15s
//   > Cluster version v1 ...  what the server must have been asked since
//   user> Cluster a=1         what the users must have been told since
//
// Of several things that are wanted in a row the server is to be asked when the last is said.
// A line that begins with "sotw:" or "delta:" counts in that dialect only. A resource whose name
// begins with "bad" is refused by its user.
#pragma once

#include <string>

namespace sluice {

enum class Wire { kStateOfTheWorld, kDelta };

// Fails the test where something else comes of it than the script says.
void PlayConversation(const std::string& script, Wire wire);

}  // namespace sluice

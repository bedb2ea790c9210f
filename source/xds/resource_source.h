// ResourceSource: where resources come from, as their users see it: a control plane's stream, or a
// file.
//
// Main thread.
#pragma once

#include <string>
#include <vector>

#include "source/base/units.h"
#include "source/xds/resource.h"
#include "source/xds/xds_stats.h"

namespace sluice {

// Who uses the resources of one kind that come from one source.
class ResourceUser {
 public:
  // Takes in what has come and drops what is gone, of which it may have accepted nothing. What is
  // not among the errors is accepted; of what is, the version before stays in use. A part of a
  // response, unless this user wants it whole; what is gone comes with the first.
  virtual std::vector<ResourceError> OnResources(const std::vector<Resource>& resources,
                                                 const std::vector<std::string>& gone) = 0;
  // False: what comes together depends on each other, and is not many.
  virtual bool takes_parts() const { return true; }
  // That was the last part.
  virtual void OnResponseEnd() {}
  // What was asked for has not come in its time, and may come yet. "": all there is of the kind.
  virtual void OnFetchTimeout(const std::string& name) = 0;
  // Nor is it worth to wait for: it was refused, or the server says that it has none.
  virtual void OnMissing(const std::string& name) { OnFetchTimeout(name); }

 protected:
  ~ResourceUser() = default;
};

class ResourceSource {
 public:
  virtual ~ResourceSource() = default;

  // Before anything of the kind is wanted; once for each kind. `user` outlives this.
  virtual void Add(const ResourceType& type, ResourceUser& user, const UpdateStats& stats) = 0;
  // `fetch_timeout`: when to give up waiting for the first; zero: never. What comes is told in a
  // later turn, or at this one's end.
  virtual void WantAll(const ResourceType& type, Duration fetch_timeout) = 0;
  virtual void Want(const ResourceType& type, const std::string& name, Duration fetch_timeout) = 0;
  // What had been accepted of it is forgotten.
  virtual void Unwant(const ResourceType& type, const std::string& name) = 0;
};

}  // namespace sluice

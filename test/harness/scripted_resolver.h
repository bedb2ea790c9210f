// ScriptedResolver: the Resolver twin of a SimWorld: answers what a test has said, after the delay
// it has said, on the asking loop. A name that nothing was said about is not found. Main thread.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "source/event/event_loop.h"
#include "source/event/timer.h"
#include "source/net/resolver.h"

namespace sluice {

class ScriptedResolver final : public Resolver {
 public:
  explicit ScriptedResolver(EventLoop& loop) : loop_(loop) {}

  // From now on, until said otherwise.
  void Say(const std::string& name, std::vector<std::string> ips, Duration ttl = {}) {
    DnsAnswer& answer = answers_[name] = {};
    for (const std::string& ip : ips) answer.addresses.push_back(*Address::FromIp(ip, 0));
    answer.ttl = ttl;
  }
  void Fail(const std::string& name, absl::Status status = absl::UnavailableError("no server")) {
    answers_[name] = {};
    answers_[name].status = std::move(status);
  }
  void SetDelay(Duration delay) { delay_ = delay; }

  // In the order of asking; with the family asked for.
  struct Asked {
    std::string name;
    DnsFamily family;
    MonotonicTime at;
  };
  const std::vector<Asked>& asked() const { return asked_; }
  size_t under_way() const { return under_way_; }

  std::unique_ptr<Query> Resolve(absl::string_view name, DnsFamily family,
                                 OnAnswer on_answer) override {
    asked_.push_back({std::string(name), family, loop_.now()});
    return std::make_unique<OpenQuery>(*this, std::string(name), std::move(on_answer));
  }

 private:
  class OpenQuery final : public Query {
   public:
    OpenQuery(ScriptedResolver& resolver, std::string name, OnAnswer on_answer)
        : resolver_(resolver),
          name_(std::move(name)),
          on_answer_(std::move(on_answer)),
          timer_(resolver.loop_, this, kMethod<&OpenQuery::Answer>) {
      timer_.Arm(resolver.delay_);
      ++resolver_.under_way_;
    }
    ~OpenQuery() override {
      if (on_answer_) --resolver_.under_way_;
    }

   private:
    void Answer() {
      const auto at = resolver_.answers_.find(name_);
      DnsAnswer answer;
      if (at == resolver_.answers_.end()) {
        answer.status = absl::NotFoundError("no such name");
      } else {
        answer = at->second;
      }
      --resolver_.under_way_;
      OnAnswer on_answer = std::exchange(on_answer_, nullptr);
      on_answer(std::move(answer));  // may destroy this
    }

    ScriptedResolver& resolver_;
    const std::string name_;
    OnAnswer on_answer_;
    Timer timer_;
  };

  EventLoop& loop_;
  std::map<std::string, DnsAnswer> answers_;
  std::vector<Asked> asked_;
  Duration delay_{0};
  size_t under_way_ = 0;
};

}  // namespace sluice

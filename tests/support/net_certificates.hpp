#pragma once

#include <memory>
#include <string>

namespace waypost::test {

/// A certificate and its key, as PEM.
struct Identity {
  std::string certificate;
  std::string key;
};

/// A certificate authority made for one test.
class Authority {
 public:
  explicit Authority(const std::string& name = "Test Authority");
  ~Authority();
  /// A certificate for `host` (a name or an IPv4 address), valid from an hour ago to `seconds_left` from now.
  Identity issue(const std::string& host, long seconds_left = 3600) const;
  /// The authority's own certificate as PEM.
  std::string certificate() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace waypost::test

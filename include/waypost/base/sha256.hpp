#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace waypost {

/// SHA-256 of bytes that come piece by piece. One thread.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256& update(std::string_view bytes);
  /// In lower-case hexadecimal digits; ends it.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace waypost

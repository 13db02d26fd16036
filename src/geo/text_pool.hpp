#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace waypost::geo {

/// Texts, each kept once, one after the other in one buffer: two bytes of length, then the bytes. One thread.
class TextPool {
 public:
  TextPool() { add({}); }
  /// The text's offset; 0 for the empty one. Texts over 65,535 bytes are cut.
  std::uint32_t add(std::string_view text);
  std::string_view get(std::uint32_t offset) const;
  const std::string& bytes() const { return bytes_; }

 private:
  void grow();

  struct Slot {
    std::uint32_t check;
    std::uint32_t offset;  // plus one; 0 for an empty slot
  };
  // Keyed by hash and compared in the buffer: the texts are not held twice.
  std::vector<Slot> slots_ = std::vector<Slot>(1024);
  std::size_t used_ = 0;
  std::string bytes_;
};

}  // namespace waypost::geo

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace waypost::batch {

/// Checks a text that comes in pieces for well-formed UTF-8 (Unicode 3.9, table 3-7). One thread.
class Utf8Checker {
 public:
  /// Where in `bytes` the text stops being well-formed; nothing when it has not.
  std::optional<std::size_t> feed(std::string_view bytes);
  /// Whether the text may end here: no character is begun and not ended.
  bool complete() const { return missing_ == 0; }

 private:
  bool begin(unsigned char lead);
  std::uint8_t missing_ = 0;  // continuation bytes
  std::uint8_t min_ = 0x80;   // of the next one
  std::uint8_t max_ = 0xBF;
};

}  // namespace waypost::batch

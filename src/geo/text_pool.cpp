#include "geo/text_pool.hpp"

#include <cstring>

#include "geo/text_hash.hpp"

namespace waypost::geo {

std::uint32_t TextPool::add(std::string_view text) {
  text = text.substr(0, UINT16_MAX);
  const auto hash = text_hash(0, text);
  const auto check = static_cast<std::uint32_t>(hash >> 32);
  const auto mask = slots_.size() - 1;
  auto at = hash & mask;
  for (; slots_[at].offset != 0; at = (at + 1) & mask) {
    if (slots_[at].check == check && get(slots_[at].offset - 1) == text) return slots_[at].offset - 1;
  }
  const auto offset = static_cast<std::uint32_t>(bytes_.size());
  const auto size = static_cast<std::uint16_t>(text.size());
  bytes_.append(reinterpret_cast<const char*>(&size), sizeof size);
  bytes_ += text;
  slots_[at] = {.check = check, .offset = offset + 1};
  if (++used_ * 3 > slots_.size() * 2) grow();
  return offset;
}

std::string_view TextPool::get(std::uint32_t offset) const {
  std::uint16_t size = 0;
  std::memcpy(&size, bytes_.data() + offset, sizeof size);
  return std::string_view(bytes_).substr(offset + sizeof size, size);
}

void TextPool::grow() {
  std::vector<Slot> larger(slots_.size() * 2);
  for (const auto& slot : slots_) {
    if (slot.offset == 0) continue;
    auto at = text_hash(0, get(slot.offset - 1)) & (larger.size() - 1);
    while (larger[at].offset != 0) at = (at + 1) & (larger.size() - 1);
    larger[at] = slot;
  }
  slots_ = std::move(larger);
}

}  // namespace waypost::geo

#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

namespace waypost::webhook {

/// Remembers what was made of a text, up to `limit` of them: one more and it forgets all and begins anew,
/// which costs less than keeping count of what was used last. One thread.
template <class Value>
class Cache {
 public:
  explicit Cache(std::size_t limit) : limit_(limit) {}
  /// What is kept for `text`; nullptr when nothing is. Valid until the next `keep`.
  Value* find(std::string_view text) {
    const auto found = values_.find(text);
    return found == values_.end() ? nullptr : &found->second;
  }
  Value& keep(std::string_view text, Value value) {
    if (values_.size() >= limit_) values_.clear();
    return values_.insert_or_assign(std::string(text), std::move(value)).first->second;
  }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  std::size_t limit_;
  std::unordered_map<std::string, Value, Hash, std::equal_to<>> values_;
};

}  // namespace waypost::webhook

#include <stdexcept>

#include "waypost/operation/operation.hpp"

namespace waypost::operation {

void Registry::add(Pointer operation) {
  const std::scoped_lock lock(mutex_);
  const std::string type(operation->type());
  if (!operations_.try_emplace(type, Entry{.built_in = std::move(operation)}).second)
    throw std::logic_error("two operations are of the type " + type);
}

void Registry::configure(std::vector<Pointer> operations) {
  const std::scoped_lock lock(mutex_);
  for (auto& [type, entry] : operations_) entry.configured.reset();
  for (Pointer& operation : operations) {
    Entry& entry = operations_[std::string(operation->type())];
    entry.configured = std::move(operation);
  }
  forget_empty();
}

void Registry::put(Pointer operation) {
  const std::scoped_lock lock(mutex_);
  Entry& entry = operations_[std::string(operation->type())];
  entry.defined = std::move(operation);
}

void Registry::remove(std::string_view type) {
  const std::scoped_lock lock(mutex_);
  if (const auto found = operations_.find(type); found != operations_.end()) found->second.defined.reset();
  forget_empty();
}

void Registry::forget_empty() {
  std::erase_if(operations_, [](const auto& row) { return row.second.current() == nullptr; });
}

Registry::Pointer Registry::find(std::string_view type) const {
  const std::scoped_lock lock(mutex_);
  const auto found = operations_.find(type);
  return found == operations_.end() ? nullptr : found->second.current();
}

bool Registry::is_fixed(std::string_view type) const {
  const std::scoped_lock lock(mutex_);
  const auto found = operations_.find(type);
  return found != operations_.end() && found->second.is_fixed();
}

std::vector<Registry::Pointer> Registry::all() const {
  const std::scoped_lock lock(mutex_);
  std::vector<Pointer> all;
  for (const auto& [type, entry] : operations_) all.push_back(entry.current());
  return all;
}

}  // namespace waypost::operation

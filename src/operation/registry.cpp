#include <stdexcept>

#include "waypost/operation/operation.hpp"

namespace waypost::operation {

void Registry::add(Pointer operation) {
  const std::scoped_lock lock(mutex_);
  const std::string type(operation->type());
  if (!operations_.try_emplace(type, Entry{std::move(operation), true}).second)
    throw std::logic_error("two operations are of the type " + type);
}

void Registry::put(Pointer operation) {
  const std::scoped_lock lock(mutex_);
  std::string type(operation->type());
  operations_.insert_or_assign(std::move(type), Entry{std::move(operation), false});
}

void Registry::remove(std::string_view type) {
  const std::scoped_lock lock(mutex_);
  if (const auto found = operations_.find(type); found != operations_.end() && !found->second.fixed)
    operations_.erase(found);
}

Registry::Pointer Registry::find(std::string_view type) const {
  const std::scoped_lock lock(mutex_);
  const auto found = operations_.find(type);
  return found == operations_.end() ? nullptr : found->second.operation;
}

bool Registry::is_fixed(std::string_view type) const {
  const std::scoped_lock lock(mutex_);
  const auto found = operations_.find(type);
  return found != operations_.end() && found->second.fixed;
}

std::vector<Registry::Pointer> Registry::all() const {
  const std::scoped_lock lock(mutex_);
  std::vector<Pointer> all;
  for (const auto& [type, entry] : operations_) all.push_back(entry.operation);
  return all;
}

}  // namespace waypost::operation

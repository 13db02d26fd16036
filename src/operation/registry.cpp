#include <stdexcept>

#include "waypost/operation/operation.hpp"

namespace waypost::operation {

void Registry::add(std::unique_ptr<Operation> operation) {
  std::string type(operation->type());
  const auto [place, added] = operations_.try_emplace(std::move(type), std::move(operation));
  if (!added) throw std::logic_error("two operations are of the type " + place->first);
}

const Operation* Registry::find(std::string_view type) const {
  const auto found = operations_.find(type);
  return found == operations_.end() ? nullptr : found->second.get();
}

std::vector<const Operation*> Registry::all() const {
  std::vector<const Operation*> all;
  for (const auto& [type, operation] : operations_) all.push_back(operation.get());
  return all;
}

}  // namespace waypost::operation

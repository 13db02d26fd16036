#pragma once

#include <memory>

#include "waypost/geo/catalog.hpp"
#include "waypost/operation/operation.hpp"

namespace waypost::operation {

/// `geocode` and `reverse` (contract §3.4) over what the catalog serves at that moment. `catalog` must
/// outlive them.
std::unique_ptr<ComputeOperation> make_geocode(const geo::Catalog& catalog);
std::unique_ptr<ComputeOperation> make_reverse(const geo::Catalog& catalog);

}  // namespace waypost::operation

#pragma once

#include <vector>

#include "geo/reading.hpp"

namespace waypost::geo {

/// Reads the text as it stands and, when that leaves words unexplained, as each of the few texts that may
/// have been meant: typing errors are looked for only where no exact reading holds together.
std::vector<Candidate> understand(const Gazetteer& gazetteer, const QueryText& text, const Filter& filter);

}  // namespace waypost::geo

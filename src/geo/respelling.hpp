#pragma once

#include <string>
#include <vector>

#include "geo/reading.hpp"

namespace waypost::geo {

class Preference;

/// What a text may mean.
struct Understood {
  std::vector<Candidate> candidates;
  std::vector<std::string> texts;  ///< with words respelt: the first is Candidate::respelt 1
};

/// Reads the text as it stands and, when that leaves words unexplained, as each of the few texts that may
/// have been meant: typing errors are looked for only where no exact reading holds together.
Understood understand(const Gazetteer& gazetteer, const QueryText& text, const Filter& filter,
                      const Preference& preference);

}  // namespace waypost::geo

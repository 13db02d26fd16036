#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "waypost/geo/place.hpp"

/// Open Location Code 1.0 ("Plus Codes"). Codes are read in either case and written in upper case. Pure; any
/// thread.
namespace waypost::geo {

/// The cell that a full code names, in degrees. Its north and east edges belong to the next cells, but for
/// the pole.
struct PlusCodeArea {
  double south = 0, west = 0, north = 0, east = 0;
  int digits = 0;  ///< of the code, without padding: 2 to 15
  LatLng center() const;
  Bounds bounds() const;
};

/// Whether a text is a code: full (`849VCWC8+R9`, `849V0000+`), or short (`CWC8+R9`) so that it needs a place
/// nearby.
bool is_full_plus_code(std::string_view text);
bool is_short_plus_code(std::string_view text);

/// The code of the cell that holds the point. `digits` is 2, 4, 6, 8 or 10 to 15; ten are about 14 m.
std::string plus_code(LatLng point, int digits = 10);
/// Nothing unless `code` is a full one. Digits past the fifteenth say nothing.
std::optional<PlusCodeArea> decode_plus_code(std::string_view code);

/// Leaves out the first 6, 4 or 2 digits, but at most `most`, as far as `reference` gives them back with some
/// room for places that others put elsewhere. The code itself when that is too far, or when it is padded or
/// not full.
std::string shorten_plus_code(std::string_view code, LatLng reference, int most = 6);
/// The full code nearest to `reference` that ends like this short one; a full code is given back as it is.
/// Empty when the text is no code.
std::string recover_plus_code(std::string_view code, LatLng reference);

/// A code at one end of a longer text, as people write it: `CWC8+R9 Mountain View`, `Praia, wf8q+wf`.
struct PlusCodeInText {
  std::string code;       ///< in upper case
  std::string_view rest;  ///< of the text, without the code and what separates them
};
/// A full code is found with a space in place of its "+" too: that is how an unescaped one arrives in a
/// query.
std::optional<PlusCodeInText> find_plus_code(std::string_view text);

}  // namespace waypost::geo

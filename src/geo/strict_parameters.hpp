#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "waypost/base/error.hpp"
#include "waypost/geo/google.hpp"

namespace waypost::geo {

/// Reads query parameters strictly: each known one once, every fault noted. Ask for each parameter that there
/// is, then call `finish()`, which reports those that nobody asked for. One thread.
class StrictParameters {
 public:
  explicit StrictParameters(Parameters parameters) : parameters_(parameters) {}

  /// Nothing when it is absent or faulty (which is then noted); this holds for all that follow.
  std::optional<std::string_view> text(std::string_view name);
  /// Every value of a parameter that may be repeated.
  std::vector<std::string_view> texts(std::string_view name);
  std::optional<double> number(std::string_view name, double least, double most);
  std::optional<std::size_t> whole(std::string_view name, std::size_t least, std::size_t most);
  /// `true` or `false`.
  std::optional<bool> flag(std::string_view name);
  /// `west,south,east,north`.
  std::optional<Bounds> box(std::string_view name);
  /// `lat,lng`.
  std::optional<LatLng> point(std::string_view name);
  /// Kinds of places, comma-separated, as the native API names them.
  std::vector<Kind> kinds(std::string_view name);

  void require(std::string_view name);
  void fault(std::string_view name, std::string code, std::string_view what);
  /// Notes unknown parameters; the error, if there was any fault.
  std::optional<Error> finish();

 private:
  Parameters parameters_;
  std::vector<std::string_view> asked_;
  std::vector<Fault> faults_;
};

}  // namespace waypost::geo

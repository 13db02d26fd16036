#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "geo/input.hpp"

namespace waypost::geo {

/// Reads the features of a GeoJSON text one by one, each as its own JSON text: of a FeatureCollection, of
/// features one a line, or of a sequence with record separators (RFC 8142). It only finds where they begin
/// and end; whether one is valid JSON is for its reader. Memory is that of the largest feature. One thread.
class FeatureReader {
 public:
  explicit FeatureReader(Input input) : input_(std::move(input)) {}

  /// The next feature, valid until the next call; nothing at the end. Fails as the input does, when the text
  /// ends within an object, and when a feature is over 256 MiB.
  Result<std::optional<std::string_view>> next();
  /// The line where the feature returned last begins, from 1.
  std::uint64_t line() const { return feature_line_; }
  const Input& input() const { return input_; }

 private:
  bool step(char c);

  Input input_;
  std::string_view piece_;
  std::string feature_;  // what has been read of it
  std::string word_;     // the last string of the outermost object: a member's name, perhaps
  std::uint64_t line_ = 1, feature_line_ = 1;
  int depth_ = 0;          // of brackets open, the feature's own included
  int feature_depth_ = 1;  // how deep a feature's own bracket is: 1, or 3 in a collection
  bool in_string_ = false, escaped_ = false, in_feature_ = false, done_ = false;
};

}  // namespace waypost::geo

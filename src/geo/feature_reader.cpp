#include "geo/feature_reader.hpp"

namespace waypost::geo {
namespace {

constexpr std::size_t largest_feature = 256 << 20;
constexpr std::size_t longest_word = 64;
// How deep the bracket of a feature is in a collection; behind its features there are none.
constexpr int in_collection = 3;
constexpr int behind_collection = 1 << 30;

}  // namespace

Result<std::optional<std::string_view>> FeatureReader::next() {
  if (done_) feature_.clear();
  done_ = false;
  for (;;) {
    for (std::size_t i = 0; i < piece_.size(); ++i) {
      if (!step(piece_[i])) continue;
      piece_.remove_prefix(i + 1);
      done_ = true;
      return feature_;
    }
    if (feature_.size() > largest_feature) {
      return input_.broken("the feature that begins in line " + std::to_string(feature_line_) +
                           " is larger than 256 MiB");
    }
    const auto more = input_.next();
    if (!more) return std::unexpected(more.error());
    piece_ = *more;
    if (!piece_.empty()) continue;
    if (depth_ > 0) {
      return input_.broken("ends within an object that begins in line " + std::to_string(feature_line_) +
                           ": the file is cut short");
    }
    return std::nullopt;
  }
}

/// Takes one character. Whether a feature is whole with it.
bool FeatureReader::step(char c) {
  if (c == '\n') ++line_;
  if (in_feature_) feature_ += c;
  if (in_string_) {
    const bool ends = c == '"' && !escaped_;
    escaped_ = c == '\\' && !escaped_;
    in_string_ = !ends;
    if (!ends && depth_ == 1 && word_.size() < longest_word) word_ += c;
    return false;
  }
  switch (c) {
    case '"':
      in_string_ = true;
      word_.clear();
      return false;
    case '{':
    case '[':
      ++depth_;
      if (c == '{' && depth_ == feature_depth_) {
        in_feature_ = true;
        feature_line_ = line_;
        feature_ = c;
      } else if (c == '[' && depth_ == 2 && feature_depth_ == 1 && word_ == "features") {
        // What looked like a feature is the collection of them.
        feature_depth_ = in_collection;
        in_feature_ = false;
        feature_.clear();
      }
      return false;
    case '}':
    case ']':
      if (depth_ > 0) --depth_;
      if (depth_ == 0) feature_depth_ = 1;
      if (depth_ == 1 && feature_depth_ == in_collection) feature_depth_ = behind_collection;
      if (!in_feature_ || c != '}' || depth_ != feature_depth_ - 1) return false;
      in_feature_ = false;
      return true;
    default:
      return false;
  }
}

}  // namespace waypost::geo

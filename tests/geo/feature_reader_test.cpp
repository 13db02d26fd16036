#include "geo/feature_reader.hpp"

#include <gmock/gmock.h>

namespace waypost::geo {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// "line: text" of each feature, and the failure, if there is one.
std::vector<std::string> features(std::string_view text) {
  FeatureReader reader(Input::over(text, "x.json"));
  std::vector<std::string> out;
  for (;;) {
    const auto feature = reader.next();
    if (!feature) out.push_back(feature.error().message);
    if (!feature || !*feature) return out;
    out.push_back(std::to_string(reader.line()) + ": " + std::string(**feature));
  }
}

TEST(FeatureReader, ReadsACollection) {
  EXPECT_THAT(
      features("{\"type\":\"FeatureCollection\",\"crs\":{\"properties\":{}},\n\"features\":[\n{\"a\":{}},\n"
               "{\"b\":[{\"c\":1}]}],\n\"after\":{\"x\":{}}}"),
      ElementsAre("3: {\"a\":{}}", "4: {\"b\":[{\"c\":1}]}"));
}

TEST(FeatureReader, ReadsFeaturesOneALineAndSequences) {
  EXPECT_THAT(features("{\"a\":1}\n\n{\"b\":2}\n\x1E{\"c\":3}\n"),
              ElementsAre("1: {\"a\":1}", "3: {\"b\":2}", "4: {\"c\":3}"));
}

TEST(FeatureReader, IsNotMisledByStrings) {
  EXPECT_THAT(features(R"({"a":"}\"{[\\"}{"features":"[","b":["]"]})"),
              ElementsAre(R"(1: {"a":"}\"{[\\"})", R"(1: {"features":"[","b":["]"]})"));
}

TEST(FeatureReader, SaysThatTheFileIsCutShort) {
  EXPECT_THAT(features("{\"a\":1}\n{\"b\":"), ElementsAre("1: {\"a\":1}", HasSubstr("cut short")));
  EXPECT_THAT(features("{\"features\":[{\"a\":1},"), ElementsAre("1: {\"a\":1}", HasSubstr("cut short")));
}

TEST(FeatureReader, FindsNothingInNothing) {
  EXPECT_THAT(features(""), ElementsAre());
  EXPECT_THAT(features("no json at all"), ElementsAre());
}

}  // namespace
}  // namespace waypost::geo

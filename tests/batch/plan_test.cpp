#include "waypost/batch/plan.hpp"

#include <gmock/gmock.h>

#include "batch/operations.hpp"
#include "batch/payload_fields.hpp"

namespace waypost::batch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> faults_of(const operation::Operation& operation, const FieldMap& map,
                                   const std::vector<std::string>& columns) {
  std::vector<Fault> faults;
  validate_map(map, columns, operation, "/map", faults);
  std::vector<std::string> shown;
  for (const Fault& fault : faults) shown.push_back(*fault.pointer + " " + fault.code);
  return shown;
}

TEST(ValidateMap, AcceptsFieldsFromColumnsByNameOrByTemplate) {
  EXPECT_THAT(faults_of(testing::Repeat(), {}, {"id", "text"}), IsEmpty());
  EXPECT_THAT(faults_of(testing::Repeat(), {{"text", "{id} {{x}}"}, {"times", "3"}}, {"id"}), IsEmpty());
  EXPECT_THAT(faults_of(testing::Anything(), {{"whatever", "{id}"}}, {"id"}), IsEmpty());
  EXPECT_THAT(faults_of(testing::Measure(), {}, {"hint"}), IsEmpty());
}

TEST(ValidateMap, NotesEveryFaultWhereItStands) {
  EXPECT_THAT(
      faults_of(testing::Repeat(), {{"text", "{stret} {zip}"}, {"tims", "{id}"}, {"a/b~c", "x"}}, {"id"}),
      ElementsAre("/map/text unknown_column", "/map/text unknown_column", "/map/tims unknown_field",
                  "/map/a~1b~0c unknown_field"));
}

TEST(ValidateMap, RefusesBracesWithoutCounterpart) {
  for (const std::string text : {"{id", "id}", "{id {x}", "{", "}", "{{id}", "{id}}"}) {
    EXPECT_THAT(faults_of(testing::Repeat(), {{"text", text}}, {"id"}),
                ElementsAre("/map/text malformed_template"))
        << text;
  }
}

TEST(ValidateMap, NamesWhatTheOperationNeedsAndNothingGives) {
  EXPECT_THAT(faults_of(testing::Repeat(), {}, {"Text"}), ElementsAre("/map/text required"));
  EXPECT_THAT(faults_of(testing::Repeat(), {{"times", "2"}}, {"text"}), ElementsAre("/map/text required"))
      << "with a map only the map counts";
  EXPECT_THAT(faults_of(testing::Measure(), {}, {"id"}), ElementsAre("/map required"));
}

TEST(ValidateMap, SuggestsTheNameThatWasMeant) {
  std::vector<Fault> faults;
  validate_map({{"text", "{stret}"}}, {"street", "city"}, testing::Repeat(), "/map", faults);
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_THAT(faults[0].detail, HasSubstr("did you mean \"street\"?"));
  EXPECT_THAT(faults[0].detail, HasSubstr("street, city"));
}

TEST(BatchPlan, IsNotMadeFromAMapThatDoesNotFit) {
  const testing::Repeat repeat;
  const auto plan = BatchPlan::make({.columns = {"id"}}, {.operation = &repeat});
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code, Code::validation_failed);
  EXPECT_EQ(plan.error().faults.at(0).pointer, "/map/text");
}

TEST(PayloadFields, ReadsTypesNeedsAndOpennessFromASchema) {
  const auto fields = PayloadFields::read(
      R"({"properties":{"a":{"type":"string"},"b":{"type":"number"},"c":{"type":["boolean","null"]},"d":{"type":"array"},
          "e":{},"f":{"type":["string","number"]}},"required":["a"],"anyOf":[{"required":["b","c"]},{"required":["d"]}],
          "additionalProperties":false})");
  const auto kind = [&](std::string_view name) { return fields.find(name)->kind; };
  EXPECT_EQ(kind("a"), ValueKind::text);
  EXPECT_EQ(kind("b"), ValueKind::number);
  EXPECT_EQ(kind("c"), ValueKind::boolean);
  EXPECT_EQ(kind("d"), ValueKind::structure);
  EXPECT_EQ(kind("e"), ValueKind::any);
  EXPECT_EQ(kind("f"), ValueKind::any);
  EXPECT_THAT(fields.required, ElementsAre("a"));
  EXPECT_THAT(fields.alternatives, ElementsAre(ElementsAre("b", "c"), ElementsAre("d")));
  EXPECT_FALSE(fields.open);
  EXPECT_TRUE(PayloadFields::read("{}").open);
}

}  // namespace
}  // namespace waypost::batch

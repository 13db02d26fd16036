#include "waypost/operation/payload_spec.hpp"

#include <gmock/gmock.h>

#include <array>

namespace waypost::operation {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::array<std::string_view, 2> kSizes = {"small", "large"};

PayloadSpec all_types() {
  return PayloadSpec("all", {{.name = "size", .type = FieldType::string, .one_of = kSizes},
                             {.name = "name", .type = FieldType::string, .min_length = 1, .max_length = 3},
                             {.name = "ratio", .type = FieldType::number, .min = 0, .max = 1},
                             {.name = "count", .type = FieldType::integer, .required = true, .min = 1},
                             {.name = "loud", .type = FieldType::boolean},
                             {.name = "labels", .type = FieldType::string_map, .max_length = 1},
                             {.name = "codes", .type = FieldType::integer_list, .min = 1, .max = 9},
                             {.name = "extra", .type = FieldType::any}});
}

std::vector<std::string> codes(std::string_view payload) {
  const auto document = json::Document::parse(payload);
  std::vector<Fault> faults;
  all_types().check(document->root(), "", faults);
  std::vector<std::string> shown;
  for (const Fault& fault : faults) shown.push_back(fault.pointer.value_or("?") + " " + fault.code);
  return shown;
}

TEST(PayloadSpec, AcceptsWhatItDeclares) {
  EXPECT_THAT(codes(R"({"count":1})"), IsEmpty());
  EXPECT_THAT(codes(R"({"size":"small","name":"äöü","ratio":0.5,"count":9007199254740993,"loud":false,
                       "labels":{"a":"b"},"codes":[1,9],"extra":[{}]})"),
              IsEmpty());
  EXPECT_THAT(codes(R"({"size":null,"name":null,"ratio":null,"count":1,"labels":null,"codes":null})"),
              IsEmpty());
}

TEST(PayloadSpec, NotesEveryFault) {
  EXPECT_THAT(
      codes(
          R"({"size":"huge","name":"","ratio":2,"loud":1,"labels":{"a":null,"b":"c"},"codes":[0,1.5],"size2":1})"),
      ElementsAre("/size not_allowed", "/name too_short", "/ratio out_of_range", "/count required",
                  "/loud wrong_type", "/labels too_long", "/labels/a wrong_type", "/codes/0 out_of_range",
                  "/codes/1 wrong_type", "/size2 unknown_field"));
  EXPECT_THAT(codes("7"), ElementsAre(" wrong_type"));
}

TEST(PayloadSpec, WritesItsSchemaFromTheSameTable) {
  EXPECT_EQ(
      PayloadSpec("t",
                  {{.name = "size", .type = FieldType::string, .description = "How big.", .one_of = kSizes},
                   {.name = "count", .type = FieldType::integer, .required = true, .min = 1}})
          .schema(),
      R"({"$schema":"https://json-schema.org/draft/2020-12/schema","title":"t","type":"object","properties":{)"
      R"("size":{"type":"string","enum":["small","large"],"description":"How big."},)"
      R"("count":{"type":"integer","minimum":1,"description":""}},"required":["count"],)"
      R"("additionalProperties":false})");
}

}  // namespace
}  // namespace waypost::operation

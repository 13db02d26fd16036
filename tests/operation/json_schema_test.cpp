#include "waypost/operation/json_schema.hpp"

#include <gmock/gmock.h>

namespace waypost::operation {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> faults(std::string_view schema, const std::string& value) {
  const auto parsed = JsonSchema::parse(schema);
  if (!parsed) throw std::runtime_error(parsed.error().message);
  const auto document = json::Document::parse(value);
  if (!document) throw std::runtime_error(document.error().message);
  std::vector<Fault> found;
  parsed->check(document->root(), "/payload", found);
  std::vector<std::string> shown;
  for (const Fault& fault : found) shown.push_back(fault.code + " @ " + fault.pointer.value_or("?"));
  return shown;
}

Error refusal(std::string_view schema) {
  const auto parsed = JsonSchema::parse(schema);
  return parsed ? Error{.message = "accepted"} : parsed.error();
}

constexpr std::string_view video = R"({
  "type": "object",
  "properties": {
    "source": {"type": "string", "minLength": 1, "pattern": "^s3://"},
    "height": {"enum": [480, 720]},
    "tags": {"type": "array", "items": {"$ref": "#/definitions/tag"}},
    "a/b": {"type": "boolean"}
  },
  "required": ["source"],
  "additionalProperties": false,
  "definitions": {"tag": {"type": "string"}}
})";

TEST(JsonSchema, AcceptsWhatMatches) {
  EXPECT_THAT(faults(video, R"({"source": "s3://a/b", "height": 720, "tags": ["x"]})"), IsEmpty());
  EXPECT_THAT(faults("{}", "[1, null, {}]"), IsEmpty()) << "a schema that asks for nothing";
}

TEST(JsonSchema, NamesThePlaceOfWhatDoesNotMatch) {
  EXPECT_THAT(faults(video, R"({"source": "s3://a", "height": 9})"),
              testing::Contains("schema_mismatch @ /payload/height"));
  EXPECT_THAT(faults(video, R"({"source": "http://a"})"),
              testing::Contains("schema_mismatch @ /payload/source"));
  EXPECT_THAT(faults(video, R"({"source": "s3://a", "tags": ["x", 7]})"),
              testing::Contains("schema_mismatch @ /payload/tags/1"));
  EXPECT_THAT(faults(video, R"({"source": "s3://a", "a/b": 1})"),
              testing::Contains("schema_mismatch @ /payload/a~1b"));
  EXPECT_THAT(faults(video, "{}"), testing::Contains("schema_mismatch @ /payload"));
  EXPECT_THAT(faults(video, "7"), testing::Contains("schema_mismatch @ /payload"));
}

TEST(JsonSchema, AnEndlessStringMeetsNoPattern) {
  const std::string endless(1'000'000, 'a');
  EXPECT_THAT(faults(video, R"({"source": "s3://)" + endless + R"("})"), ElementsAre("too_long @ /payload"));
  EXPECT_THAT(faults(R"({"type": "string"})", "\"" + endless + "\""), IsEmpty());
}

TEST(JsonSchema, RefusesWhatIsNoSchema) {
  EXPECT_EQ(refusal("{").code, Code::invalid_json);
  EXPECT_EQ(refusal("{\"a\": 1, \"a\": 2}").code, Code::invalid_json);
  for (const auto* bad : {"[]", "7", R"({"type": 7})", R"({"properties": 7})", R"({"pattern": "("})",
                          R"({"$ref": "https://elsewhere.example/schema"})", R"({"allOf": [{"$ref": "#"}]})",
                          R"({"$ref": "#/definitions/none"})"}) {
    EXPECT_EQ(refusal(bad).code, Code::validation_failed) << bad << ": " << refusal(bad).message;
    EXPECT_THAT(refusal(bad).message, HasSubstr("JSON Schema")) << bad;
  }
}

}  // namespace
}  // namespace waypost::operation

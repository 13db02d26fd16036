#include "waypost/base/json.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace waypost::json {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Error refusal(std::string_view text) {
  const auto document = Document::parse(text);
  EXPECT_FALSE(document) << text;
  return document ? Error{} : document.error();
}

TEST(JsonReader, KeepsEachValuesOwnBytes) {
  const std::string text =
      R"( {"big": 123456789012345678901234567890, "s":"a\u0041", "o": {"x" : [1 , 2]} } )";
  const auto document = Document::parse(text);
  ASSERT_TRUE(document) << document.error().message;
  EXPECT_EQ(document->root().find("big")->raw(), "123456789012345678901234567890");
  EXPECT_EQ(document->root().find("o")->raw(), R"({"x" : [1 , 2]})");
  EXPECT_EQ(document->root().find("s")->string(), "aA");
}

TEST(JsonReader, RefusesWhatIsNoIJsonAndNamesThePlace) {
  struct Case {
    std::string text, message;
    std::size_t line, column;
  };
  const Case cases[] = {
      {"", "ends where a value is expected", 1, 1},
      {"{\"a\":1,\n \"a\":2}", "duplicate member \"a\"", 2, 6},
      {R"({"a":1,"\u0061":2})", "duplicate member \"a\"", 1, 17},
      {"[1,2", "expected ',' or ']'", 1, 5},
      {"[1,]", "unexpected character", 1, 4},
      {"{} {}", "after the end", 1, 4},
      {"[01]", "must not start with 0", 1, 2},
      {"[1.]", "after the decimal point", 1, 4},
      {"[1e]", "in the exponent", 1, 4},
      {"[-]", "digit is missing", 1, 3},
      {"[\"\\ud800\"]", "lone surrogate", 1, 3},
      {"[\"\\udc00\"]", "lone surrogate", 1, 3},
      {"[\"\\ud800\\u0041\"]", "lone surrogate", 1, 3},
      {"[\"\xC3\x28\"]", "invalid UTF-8", 1, 3},
      {"[\"\xED\xA0\x80\"]", "invalid UTF-8", 1, 3},
      {"[\"a\tb\"]", "control character", 1, 4},
      {"[\"abc", "not closed", 1, 2},
      {"nul", "invalid literal", 1, 1},
      {"\xEF\xBB\xBF{}", "byte order mark", 1, 1},
      {"{'a':1}", "expected a string", 1, 2},
      {"{\"a\" 1}", "expected ':'", 1, 6},
      {"[NaN]", "unexpected character", 1, 2},
      {std::string("[\"a\0b\"]", 7), "control character", 1, 4},
  };
  for (const auto& c : cases) {
    const Error error = refusal(c.text);
    EXPECT_EQ(error.code, Code::invalid_json) << c.text;
    EXPECT_THAT(error.message, HasSubstr(c.message)) << c.text;
    EXPECT_EQ(error.line, c.line) << c.text;
    EXPECT_EQ(error.column, c.column) << c.text;
  }
}

TEST(JsonReader, NestsSixtyFourLevelsAndNoMore) {
  const auto nested = [](std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  EXPECT_TRUE(Document::parse(nested(64)));
  EXPECT_THAT(refusal(nested(65)).message, HasSubstr("64 levels"));
  EXPECT_FALSE(Document::parse(std::string(1'000'000, '[')));
}

TEST(JsonReader, BoundsTheNumberOfValues) {
  EXPECT_TRUE(Document::parse("[1,[2],{\"a\":3}]", {.max_values = 6}));
  const auto refused = Document::parse("[1,[2],{\"a\":3}]", {.max_values = 5});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::payload_too_large);
}

TEST(JsonReader, FindsDuplicatesAmongManyMembers) {
  std::string text = "{";
  for (int i = 0; i < 1000; ++i) text += "\"k" + std::to_string(i) + "\":" + std::to_string(i) + ",";
  EXPECT_TRUE(Document::parse(text + "\"last\":1}"));
  EXPECT_THAT(refusal(text + "\"k500\":1}").message, HasSubstr("duplicate member \"k500\""));
}

TEST(JsonReader, AgreesWithASecondParserOnEveryPrefixAndOnEachChangedByte) {
  const std::string text = R"({"a":[1,-2.5e3,true,null,{"b":"c\u00e9\ud83d\ude00é"}],"d":{}, "e" : "\\\/"})";
  const auto agrees = [](const std::string& candidate) {
    const bool ours = Document::parse(candidate).has_value();
    const bool theirs = nlohmann::json::accept(candidate);
    // The second parser takes duplicate keys, and escapes of lone low surrogates are refused by both.
    if (theirs && !ours)
      EXPECT_THAT(Document::parse(candidate).error().message, HasSubstr("duplicate")) << candidate;
    else
      EXPECT_EQ(ours, theirs) << candidate;
  };
  for (std::size_t i = 0; i <= text.size(); ++i) agrees(text.substr(0, i));
  for (std::size_t i = 0; i < text.size(); ++i)
    for (const char c : {'"', '\\', '0', ',', '}', ' ', '\x80', 'e', '\n'}) {
      std::string changed = text;
      changed[i] = c;
      agrees(changed);
    }
}

TEST(JsonWriter, WritesWhatTheReaderReads) {
  std::string out;
  Writer(out)
      .begin_object()
      .field("text", std::string_view("quote \" slash \\ line \n bell \x07 é"))
      .field("whole", std::int64_t{-9007199254740993})
      .key("real")
      .number(0.1)
      .key("none")
      .number(std::numeric_limits<double>::infinity())
      .key("list")
      .begin_array()
      .boolean(true)
      .null()
      .raw("{ }")
      .end_array()
      .end_object();
  const auto back = nlohmann::json::parse(out);
  EXPECT_EQ(back["text"], "quote \" slash \\ line \n bell \x07 é");
  EXPECT_EQ(back["whole"], -9007199254740993);
  EXPECT_EQ(back["real"], 0.1);
  EXPECT_TRUE(back["none"].is_null());
  EXPECT_EQ(back["list"].size(), 3u);
  EXPECT_TRUE(Document::parse(out));
}

TEST(JsonWriter, EscapesAsASecondWriterDoesWhereverTheCharacterStands) {
  for (std::size_t size = 1; size <= 20; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (int c = 0; c < 0x80; ++c) {
        std::string text(size, 'x');
        text[at] = static_cast<char>(c);
        std::string written;
        Writer(written).string(text);
        ASSERT_EQ(written, nlohmann::json(text).dump()) << size << " bytes, at " << at << ": " << c;
      }
    }
  }
}

TEST(JsonWriter, TurnsInvalidUtf8IntoReplacementCharacters) {
  std::string out;
  Writer(out).string(
      "a\xFF"
      "b\xC3");
  EXPECT_EQ(out,
            "\"a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD\"");
}

TEST(JsonFields, ReportsEveryFaultWithItsPlace) {
  const std::string text =
      R"({"name":7,"count":1000,"ratio":"x","flag":1,"list":["a",2],"naem":"y","a/b~c":1})";
  const auto document = Document::parse(text);
  std::vector<Fault> faults;
  Fields fields(document->root(), "/spec", faults);
  EXPECT_FALSE(fields.string("name"));
  EXPECT_FALSE(fields.integer("count", {1, 100}));
  EXPECT_FALSE(fields.number("ratio", {0, 1}));
  EXPECT_FALSE(fields.boolean("flag"));
  EXPECT_FALSE(fields.strings("list"));
  fields.require("type");
  fields.finish();
  std::vector<std::string> seen;
  for (const auto& fault : faults) seen.push_back(*fault.pointer + " " + fault.code);
  EXPECT_THAT(seen, ElementsAre("/spec/name wrong_type", "/spec/count out_of_range", "/spec/ratio wrong_type",
                                "/spec/flag wrong_type", "/spec/list/1 wrong_type", "/spec/type required",
                                "/spec/naem unknown_field", "/spec/a~1b~0c unknown_field"));
  EXPECT_THAT(faults[6].detail, HasSubstr("did you mean \"name\"?"));
}

TEST(JsonFields, ReadsTextWhereTheSourceIsAQuery) {
  const std::string text = R"({"count":"12","flag":"true","list":"a,b","bad":"x"})";
  const auto document = Document::parse(text);
  std::vector<Fault> faults;
  Fields fields(document->root(), "/map", faults, Fields::Source::query);
  EXPECT_EQ(fields.integer("count", {1, 100}), 12);
  EXPECT_EQ(fields.boolean("flag"), true);
  EXPECT_THAT(*fields.strings("list"), ElementsAre("a", "b"));
  EXPECT_FALSE(fields.integer("bad", {1, 2}));
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_EQ(faults[0].parameter, "map.bad");
}

TEST(JsonFields, TakesIntegersInAnyNotationAndRefusesFractions) {
  const std::string text = R"({"a":5.0,"b":5e1,"c":5.5,"d":1e300,"e":99999999999999999999})";
  const auto document = Document::parse(text);
  std::vector<Fault> faults;
  Fields fields(document->root(), "", faults);
  EXPECT_EQ(fields.integer("a", {0, 100}), 5);
  EXPECT_EQ(fields.integer("b", {0, 100}), 50);
  EXPECT_FALSE(fields.integer("c", {0, 100}));
  EXPECT_FALSE(fields.integer("d", {0, 100}));
  EXPECT_FALSE(fields.integer("e", {0, 100}));
  EXPECT_EQ(faults[0].code, "wrong_type");
  EXPECT_EQ(faults[1].code, "out_of_range");
  EXPECT_EQ(faults[2].code, "out_of_range");
}

}  // namespace
}  // namespace waypost::json

#include "app/lookup_commands.hpp"

#include <gmock/gmock.h>

#include "program.hpp"
#include "support/gazetteer.hpp"
#include "waypost/base/json.hpp"

namespace waypost::app {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

Outcome run_on_default(std::vector<std::string> arguments, std::string input = {}) {
  arguments.insert(arguments.end(), {"--data-dir", test::default_data_directory().string()});
  return run_waypost({.arguments = std::move(arguments), .input = std::move(input)});
}

TEST(LookupCommands, PrintResultsForPeople) {
  const auto toledo = run_on_default({"geocode", "Toledo, Spain"});
  EXPECT_EQ(toledo.status, 0) << toledo.err;
  EXPECT_EQ(toledo.out,
            "Toledo, Spain\n  39.8581, -4.02263  locality|political  APPROXIMATE  AQ_ROTKGzTx1q7eL\n");
  EXPECT_THAT(toledo.err, IsEmpty());
  EXPECT_EQ(run_on_default({"geocode", "Toledo,", "Spain"}).out, toledo.out) << "unquoted";
  const auto tower = run_on_default({"reverse", "48.8584", "2.2945"});
  EXPECT_EQ(tower.status, 0) << tower.err;
  EXPECT_THAT(tower.out, StartsWith("Paris, France\n"));
  const auto rio = run_on_default({"reverse", "-22.9068", "-43.1729", "--result-type", "locality"});
  EXPECT_EQ(rio.status, 0) << rio.err;
  EXPECT_THAT(rio.out, StartsWith("Rio de Janeiro"));
}

TEST(LookupCommands, TakeGooglesParameters) {
  EXPECT_THAT(run_on_default({"geocode", "Toledo", "--components", "country:US", "--language", "de"}).out,
              StartsWith("Toledo, "));
  EXPECT_THAT(run_on_default({"geocode", "Toledo", "--region", "es", "--language", "fr"}).out,
              StartsWith("Tolède, Espagne\n"));
}

TEST(LookupCommands, PrintGooglesJson) {
  const auto outcome = run_on_default({"geocode", "849VCWC8+R9", "--json"});
  EXPECT_EQ(outcome.status, 0);
  const auto document = json::Document::parse(outcome.out);
  ASSERT_TRUE(document) << outcome.out;
  EXPECT_EQ(document->root().find("status")->string(), "OK");
}

TEST(LookupCommands, FailWhenNothingIsFound) {
  const auto nothing = run_on_default({"geocode", "qqqqqqqq"});
  EXPECT_EQ(nothing.status, 1);
  EXPECT_EQ(nothing.out, "");
  EXPECT_EQ(nothing.err, "waypost: nothing is found\n");
  const auto json = run_on_default({"geocode", "qqqqqqqq", "--json"});
  EXPECT_EQ(json.status, 1);
  EXPECT_EQ(json.out, "{\"results\":[],\"status\":\"ZERO_RESULTS\"}\n");
  EXPECT_THAT(run_on_default({"reverse", "91", "0"}).err, HasSubstr("Invalid 'latlng' parameter"));
}

TEST(LookupCommands, RefuseWrongUsage) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"geocode"}, {"reverse", "48.8"}, {"geocode", "x", "--csv", "y"}}) {
    const auto outcome = run_on_default(arguments);
    EXPECT_EQ(outcome.status, 2) << outcome.err;
    EXPECT_EQ(outcome.out, "");
  }
}

TEST(LookupCommands, LookUpAWholeFileAsABatchDoes) {
  const TemporaryDirectory directory;
  const auto file = directory.write("cities.csv", "id,address\n1,\"Toledo, Spain\"\n2,qqqqqqqq\n3\n");
  const auto outcome = run_on_default({"geocode", "--csv", file.string()});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out,
              StartsWith("id,address,row,status,attempts,error_code,error_message,duration_ms,geocode_status,"
                         "formatted_address,lat,lng,location_type,place_id,types,partial_match\n"
                         "1,\"Toledo, Spain\",1,succeeded,1,,,"));
  EXPECT_THAT(outcome.out, HasSubstr(",OK,\"Toledo, Spain\",39.8581,-4.02263,APPROXIMATE,AQ_ROTKGzTx1q7eL,"));
  EXPECT_THAT(outcome.out, HasSubstr("2,qqqqqqqq,2,succeeded,1,,,"));
  EXPECT_THAT(outcome.out, HasSubstr("3,,3,failed,1,malformed_row,"));
  EXPECT_EQ(outcome.err, "3 rows: 2 succeeded, 1 failed\n");
}

TEST(LookupCommands, MapColumnsAndReadStdin) {
  const auto geocoded = run_on_default({"geocode", "--csv", "-", "--map", "address={town}, {land}"},
                                       "town,land\nToledo,Spain\n");
  EXPECT_EQ(geocoded.status, 0) << geocoded.err;
  EXPECT_THAT(geocoded.out, HasSubstr(",OK,\"Toledo, Spain\","));
  const auto reversed = run_on_default({"reverse", "--csv", "-", "--map", "lat={y}", "--map", "lng={x}"},
                                       "x,y\n2.2945,48.8584\n");
  EXPECT_EQ(reversed.status, 0) << reversed.err;
  EXPECT_THAT(reversed.out, HasSubstr(",\"Paris, France\","));
}

TEST(LookupCommands, SayWhatIsWrongWithAFile) {
  const TemporaryDirectory directory;
  EXPECT_THAT(run_on_default({"geocode", "--csv", (directory.path() / "none.csv").string()}).err,
              HasSubstr("No such file"));
  const auto unclosed = directory.write("unclosed.csv", "address\n\"Toledo\n");
  EXPECT_THAT(run_on_default({"geocode", "--csv", unclosed.string()}).err, HasSubstr("line"));
  const auto other = directory.write("other.csv", "street\nx\n");
  const auto outcome = run_on_default({"geocode", "--csv", other.string()});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("address"));
}

}  // namespace
}  // namespace waypost::app

#include "waypost/operation/geocoding.hpp"

#include <gmock/gmock.h>

#include "support/gazetteer.hpp"

namespace waypost::operation {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

std::vector<std::string> faults_of(const Operation& operation, std::string_view payload) {
  const auto document = json::Document::parse(payload);
  EXPECT_TRUE(document) << payload;
  std::vector<Fault> faults;
  operation.check(document->root(), "/payload", faults);
  std::vector<std::string> out;
  for (const auto& fault : faults) out.push_back(fault.pointer.value_or("?"));
  return out;
}

/// The body, or "code: message" of a failure.
std::string run(const ComputeOperation& operation, std::string_view payload) {
  const auto outcome = operation.run({.payload = payload, .job_id = "job_1"}, Cancellation());
  if (const auto* failure = std::get_if<Failure>(&outcome)) return failure->code + ": " + failure->message;
  return std::get<Success>(outcome).body;
}

struct RowResult {
  std::optional<Failure> failure;
  std::vector<std::string> columns;
  std::string json;
};

RowResult run_row(const ComputeOperation& operation, const std::vector<std::string_view>& names,
                  const std::vector<std::string_view>& values, bool want_json = false) {
  RowResult result;
  result.failure =
      operation.rows()->run_row({.names = names, .values = values}, want_json, result.columns, result.json);
  return result;
}

class Geocoding : public ::testing::Test {
 protected:
  std::unique_ptr<ComputeOperation> geocode_ = make_geocode(test::default_catalog());
  std::unique_ptr<ComputeOperation> reverse_ = make_reverse(test::default_catalog());
};

TEST_F(Geocoding, DescribesItselfInValidJson) {
  for (const auto* operation : {geocode_.get(), reverse_.get()}) {
    const auto schema = json::Document::parse(operation->schema());
    ASSERT_TRUE(schema) << operation->schema();
    EXPECT_TRUE(schema->root().find("properties"));
    EXPECT_FALSE(operation->description().empty());
  }
  EXPECT_EQ(geocode_->type(), "geocode");
  EXPECT_EQ(reverse_->type(), "reverse");
}

TEST_F(Geocoding, AcceptsPayloadsOfTheContract) {
  EXPECT_THAT(
      faults_of(*geocode_, R"({"address":"Paris","components":"country:FR","bounds":"1,2|3,4","region":"fr",)"
                           R"("language":"de"})"),
      IsEmpty());
  EXPECT_THAT(faults_of(*geocode_, R"({"components":{"country":"FR","locality":"Paris"}})"), IsEmpty());
  EXPECT_THAT(faults_of(*reverse_, R"({"lat":1.5,"lng":-2,"language":"de","result_type":"locality|country",)"
                                   R"("location_type":"APPROXIMATE"})"),
              IsEmpty());
}

TEST_F(Geocoding, NotesEveryFaultOfAPayload) {
  EXPECT_THAT(
      faults_of(*geocode_, R"({"address":"","bounds":"x","region":7,"adress":"Paris"})"),
      UnorderedElementsAre("/payload/address", "/payload/bounds", "/payload/region", "/payload/adress"));
  EXPECT_THAT(faults_of(*geocode_, R"({"components":{"country":1,"planet":"Mars"}})"),
              UnorderedElementsAre("/payload/components/country", "/payload/components/planet"));
  EXPECT_THAT(faults_of(*geocode_, R"({"components":"FR"})"), ElementsAre("/payload/components"));
  EXPECT_THAT(faults_of(*geocode_, R"({"components":{}})"), ElementsAre("/payload/components"));
  EXPECT_THAT(faults_of(*geocode_, "{}"), ElementsAre("/payload/address"));
  EXPECT_THAT(faults_of(*reverse_, R"({"lat":91,"result_type":"castle","location_type":"rooftop","x":1})"),
              UnorderedElementsAre("/payload/lat", "/payload/lng", "/payload/result_type",
                                   "/payload/location_type", "/payload/x"));
  EXPECT_FALSE(faults_of(*geocode_, R"("Paris")").empty());
}

TEST_F(Geocoding, AnswersAsTheSynchronousRouteDoes) {
  EXPECT_THAT(run(*geocode_, R"({"address":"Toledo","components":{"country":"ES"}})"),
              HasSubstr(R"("formatted_address":"Toledo, Spain")"));
  EXPECT_THAT(run(*geocode_, R"({"address":"Toledo","region":"es","language":"fr"})"),
              HasSubstr(R"("formatted_address":"Tolède, Espagne")"));
  EXPECT_THAT(run(*reverse_, R"({"lat":48.8584,"lng":2.2945,"result_type":"locality"})"),
              HasSubstr(R"("formatted_address":"Paris, France")"));
}

TEST_F(Geocoding, SucceedsWhenThereIsNothingToFind) {
  EXPECT_EQ(run(*geocode_, R"({"address":"asdfqwer"})"), R"({"results":[],"status":"ZERO_RESULTS"})");
}

TEST_F(Geocoding, FailsWithoutRetryOnAPayloadThatWasNeverChecked) {
  EXPECT_THAT(run(*geocode_, "{}"), StartsWith("validation_failed: "));
  EXPECT_THAT(run(*reverse_, "not json"), StartsWith("validation_failed: "));
}

TEST_F(Geocoding, IsRetriedWhileNoGazetteerIsLoaded) {
  const test::TemporaryFolder empty;
  const geo::Catalog catalog(empty.path());
  const auto operation = make_geocode(catalog);
  const auto outcome = operation->run({.payload = R"({"address":"Paris"})"}, Cancellation());
  ASSERT_TRUE(std::holds_alternative<Failure>(outcome));
  EXPECT_EQ(std::get<Failure>(outcome).code, "gazetteer_unavailable");
  EXPECT_TRUE(std::get<Failure>(outcome).retry);
}

TEST_F(Geocoding, FillsTheColumnsOfABatchRow) {
  EXPECT_THAT(geocode_->rows()->result_columns(),
              ElementsAre("geocode_status", "formatted_address", "lat", "lng", "location_type", "place_id",
                          "types", "partial_match"));
  const auto found = run_row(*geocode_, {"address", "components", "region"}, {" Toledo ", "country:ES", ""});
  EXPECT_FALSE(found.failure);
  EXPECT_THAT(found.columns, ElementsAre("OK", "Toledo, Spain", "39.8581", "-4.02263", "APPROXIMATE",
                                         "AQ_ROTKGzTx1q7eL", "locality|political", "false"));
  EXPECT_EQ(found.json, "");
  EXPECT_THAT(run_row(*geocode_, {"address"}, {"asdfqwer"}).columns,
              ElementsAre("ZERO_RESULTS", "", "", "", "", "", "", ""));
  const auto reversed =
      run_row(*reverse_, {"lat", "lng", "result_type"}, {"48.8584", "2.2945", "country"}, true);
  EXPECT_FALSE(reversed.failure);
  EXPECT_EQ(reversed.columns[1], "France");
  EXPECT_EQ(reversed.json, run(*reverse_, R"({"lat":48.8584,"lng":2.2945,"result_type":"country"})"));
}

TEST_F(Geocoding, TakesComponentsOfARowAsAnObjectToo) {
  EXPECT_EQ(run_row(*geocode_, {"address", "components"}, {"Toledo", R"({"country":"ES"})"}).columns[1],
            "Toledo, Spain");
}

TEST_F(Geocoding, FailsABadRowAlone) {
  const auto message = [](const RowResult& result) {
    return result.failure ? result.failure->code + ": " + result.failure->message : "succeeded";
  };
  EXPECT_EQ(message(run_row(*geocode_, {"address"}, {"  "})), "validation_failed: 'address' is empty");
  EXPECT_THAT(message(run_row(*geocode_, {"adress"}, {"Paris"})), HasSubstr("did you mean 'address'?"));
  EXPECT_THAT(message(run_row(*geocode_, {"address", "components"}, {"x", "FR"})),
              HasSubstr("'components' must be"));
  EXPECT_THAT(message(run_row(*geocode_, {"address", "bounds"}, {"x", "1"})), HasSubstr("'bounds' must be"));
  EXPECT_THAT(message(run_row(*reverse_, {"lat", "lng"}, {"48", "200"})),
              HasSubstr("they are '48' and '200'"));
  EXPECT_THAT(message(run_row(*reverse_, {"lat", "lng", "result_type"}, {"1", "2", "castle"})),
              HasSubstr("result_type"));
  EXPECT_FALSE(run_row(*geocode_, {"address"}, {" "}).failure->retry);
}

}  // namespace
}  // namespace waypost::operation

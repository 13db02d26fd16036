#include <gmock/gmock.h>

#include <regex>

#include "batch/operations.hpp"
#include "batch/support.hpp"
#include "waypost/base/json.hpp"
#include "waypost/operation/builtin.hpp"

namespace waypost::batch {
namespace {

using operation::Cancellation;
using ::testing::HasSubstr;
using testing::TemporaryDirectory;

// Durations differ from run to run.
std::string steady(const std::string& report) {
  const std::string csv = std::regex_replace(report, std::regex(",\\d+\\.\\d{3}(,|\n)"), ",MS$1");
  return std::regex_replace(csv, std::regex("\"duration_ms\":\\d+\\.\\d{3}"), "\"duration_ms\":MS");
}

// A batch in a directory of its own.
class Batch {
 public:
  Batch(ManifestFormat format, std::string_view body, ManifestLimits limits = {}) {
    const auto facts = testing::upload(dir_.path(), "m", format, body, limits);
    if (!facts) throw std::runtime_error(facts.error().message);
    manifest_.emplace(*Manifest::open(dir_.path(), "m"));
  }
  const Manifest& manifest() const { return *manifest_; }
  BatchPlan plan(const operation::Operation& operation, ReportOptions report = {}, FieldMap map = {}) const {
    auto plan = BatchPlan::make(manifest_->facts(),
                                {.operation = &operation, .map = std::move(map), .report = report});
    if (!plan) throw std::runtime_error(plan.error().message);
    return std::move(*plan);
  }
  ChunkResult run(const BatchPlan& plan, std::uint64_t chunk = 0) const {
    return run_chunk(*manifest_, chunk, plan, Cancellation()).value();
  }
  // The whole report, as a reader of it would see it.
  std::string report(const operation::Operation& operation, ReportOptions options = {},
                     FieldMap map = {}) const {
    const BatchPlan made = plan(operation, options, std::move(map));
    auto file = ReportFile::open(dir_.path() / "report", 0);
    std::vector<ReportSegment> segments;
    for (std::uint64_t k = 0; k < manifest_->facts().chunks; ++k) {
      segments.push_back(file->append(run(made, k).report).value());
    }
    const auto reader = ReportReader::open(dir_.path() / "report", made.frame(), segments);
    return steady(reader->read(0).value());
  }

 private:
  TemporaryDirectory dir_;
  std::optional<Manifest> manifest_;
};

constexpr auto kCsv = ManifestFormat::csv;
constexpr auto kNdjson = ManifestFormat::ndjson;

TEST(RunChunk, WritesInputThenOutcomeThenResultColumns) {
  const Batch batch(kCsv, "id,text\n7,abc\n8,fail\n");
  EXPECT_EQ(batch.report(testing::Measure()),
            "id,text,row,status,attempts,error_code,error_message,duration_ms,length,copy\n"
            "7,abc,1,succeeded,1,,,MS,3,abc\n"
            "8,fail,2,failed,1,asked_to,as asked,MS,,\n");
}

TEST(RunChunk, CountsItsRowsAndKeepsTheFirstError) {
  const Batch batch(kCsv, "text\na\nfail\nb\nfail\n");
  const ChunkResult result = batch.run(batch.plan(testing::Measure()));
  EXPECT_EQ(result.rows, 4U);
  EXPECT_EQ(result.succeeded, 2U);
  EXPECT_EQ(result.failed, 2U);
  EXPECT_TRUE(result.complete);
  EXPECT_EQ(result.next_row, 5U);
  ASSERT_TRUE(result.first_error);
  EXPECT_EQ(result.first_error->row, 2U);
  EXPECT_EQ(result.first_error->code, "asked_to");
}

TEST(RunChunk, ShowsResultsAsJsonWhereAnOperationHasNoColumns) {
  const Batch batch(kCsv, "text,times\n\"x \"\"y\"\"\",2\n");
  EXPECT_EQ(
      batch.report(testing::Repeat()),
      "text,times,row,status,attempts,error_code,error_message,duration_ms,result\n"
      "\"x \"\"y\"\"\",2,1,succeeded,1,,,MS,\"{\"\"text\"\":\"\"x \\\"\"y\\\"\"\"\",\"\"times\"\":2}\"\n");
}

TEST(RunChunk, NeverFailsARowForItsNeighbour) {
  const Batch batch(kCsv, "text,times\nok,1\nshort\nlong,1,2\nbad,many\nok,99\nfail,1\nthrow,1\nok,3\n");
  const std::string report = batch.report(testing::Repeat());
  EXPECT_EQ(report,
            "text,times,row,status,attempts,error_code,error_message,duration_ms,result\n"
            "ok,1,1,succeeded,1,,,MS,\"{\"\"text\"\":\"\"ok\"\",\"\"times\"\":1}\"\n"
            "short,,2,failed,1,malformed_row,\"line 3 has 1 values, the header names 2 columns\",MS,\n"
            "long,1,3,failed,1,malformed_row,\"line 4 has 3 values, the header names 2 columns\",MS,\n"
            "bad,many,4,failed,1,validation_failed,\"times: must be an integer, not \"\"many\"\"\",MS,\n"
            "ok,99,5,failed,1,validation_failed,\"times: must be between 1 and 9, not 99\",MS,\n"
            "fail,1,6,failed,1,asked_to,\"you said, \"\"fail\"\"\",MS,\n"
            "throw,1,7,failed,1,internal,the operation failed unexpectedly; the log says why,MS,\n"
            "ok,3,8,succeeded,1,,,MS,\"{\"\"text\"\":\"\"ok\"\",\"\"times\"\":3}\"\n");
}

TEST(RunChunk, PrefixesItsColumnsThatClashWithTheInputs) {
  const Batch batch(kCsv, "text,status,length,result_length\na,b,c,d\n");
  EXPECT_THAT(
      batch.report(testing::Measure()),
      HasSubstr("text,status,length,result_length,row,result_status,attempts,error_code,error_message,"
                "duration_ms,result_result_length,copy\n"));
}

TEST(RunChunk, KeepsInputValuesByteForByte) {
  const std::string rows = "\"a,b\",\" c \"\n\"d\"\"e\",\"two\r\nlines\"\nnaïve,\n";
  const Batch batch(kCsv, "text,note\n" + rows);
  const std::string report = batch.report(testing::Measure());
  for (const std::string_view input : {"\"a,b\",\" c \",1,", "\"d\"\"e\",\"two\r\nlines\",2,", "naïve,,3,"}) {
    EXPECT_THAT(report, HasSubstr(std::string(input)));
  }
}

TEST(RunChunk, WritesOnlyFailedRowsWhenAskedTo) {
  const Batch batch(kCsv, "text\na\nfail\nb\n", {.chunk_rows = 1});
  EXPECT_EQ(batch.report(testing::Measure(), {.scope = ReportScope::failed}),
            "text,row,status,attempts,error_code,error_message,duration_ms,length,copy\n"
            "fail,2,failed,1,asked_to,as asked,MS,,\n");
  EXPECT_EQ(
      batch.report(testing::Measure(), {.format = ReportFormat::json, .scope = ReportScope::failed}),
      "[\n{\"row\":2,\"input\":{\"text\":\"fail\"},\"status\":\"failed\",\"attempts\":1,"
      "\"error\":{\"code\":\"asked_to\",\"message\":\"as asked\"},\"duration_ms\":MS,\"result\":null}\n]\n");
}

TEST(RunChunk, WritesNdjsonWithTheInputAsItWas) {
  const Batch batch(kNdjson, "{\"text\": \"abc\", \"n\": 12345678901234567890123}\n{\"text\":\"fail\"}\n");
  EXPECT_EQ(
      batch.report(testing::Measure(), {.format = ReportFormat::ndjson}),
      "{\"row\":1,\"input\":{\"text\": \"abc\", \"n\": 12345678901234567890123},\"status\":\"succeeded\","
      "\"attempts\":1,\"error\":null,\"duration_ms\":MS,\"result\":{\"length\":3}}\n"
      "{\"row\":2,\"input\":{\"text\":\"fail\"},\"status\":\"failed\",\"attempts\":1,"
      "\"error\":{\"code\":\"asked_to\",\"message\":\"as asked\"},\"duration_ms\":MS,\"result\":null}\n");
}

TEST(RunChunk, WritesJsonThatIsOneArrayAcrossChunks) {
  const Batch batch(kCsv, "text\na\nb\nc\n", {.chunk_rows = 1});
  std::string report = batch.report(testing::Measure(), {.format = ReportFormat::json});
  report = std::regex_replace(report, std::regex("MS"), "0");
  const auto document = json::Document::parse(report);
  ASSERT_TRUE(document) << report;
  EXPECT_EQ(document->root().size(), 3U);
}

TEST(RunChunk, ReportsAnNdjsonManifestAsCsvToo) {
  const Batch batch(
      kNdjson, "{\"text\":\"a\"}\n{\"text\":\"b\",\"extra\":[1,\"x\"]}\n{\"text\":\"c\",\"extra\":null}\n");
  EXPECT_EQ(batch.report(testing::Measure()),
            "text,extra,row,status,attempts,error_code,error_message,duration_ms,length,copy\n"
            "a,,1,succeeded,1,,,MS,1,a\n"
            "b,\"[1,\"\"x\"\"]\",2,succeeded,1,,,MS,1,b\n"
            "c,,3,succeeded,1,,,MS,1,c\n");
}

TEST(RunChunk, MakesNumbersBooleansAndListsWhereTheSchemaAsksForThem) {
  const Batch batch(kCsv, "text,times,loud,list\n1,2, true,\"[1,2]\"\n1,,,\n");
  const std::string report = batch.report(testing::Repeat(), {.format = ReportFormat::ndjson});
  EXPECT_THAT(report, HasSubstr(R"("result":{"text":"1","times":2,"loud":true,"list":[1,2]}})"));
  EXPECT_THAT(report, HasSubstr(R"("result":{"text":"1"}})"))
      << "an empty value of a declared field is not given";
}

TEST(RunChunk, HandsEveryColumnToAnOperationThatTakesAnything) {
  const Batch csv(kCsv, "a,b\n1,\n");
  EXPECT_THAT(csv.report(testing::Anything(), {.format = ReportFormat::ndjson}),
              HasSubstr(R"("result":{"a":"1","b":""}})"));
  const Batch ndjson(kNdjson, "{\"a\":1.50,\"b\":null}\n{\"b\":{\"c\":[]}}\n");
  const std::string report = ndjson.report(testing::Anything(), {.format = ReportFormat::ndjson});
  EXPECT_THAT(report, HasSubstr(R"("result":{"a":1.50,"b":null}})"));
  EXPECT_THAT(report, HasSubstr(R"("result":{"b":{"c":[]}}})"));
}

TEST(RunChunk, BuildsFieldsByTheMap) {
  const Batch batch(kCsv, "street,city,text\n1 Main,Paris,x\n,Rome,x\n,,x\n");
  const FieldMap map = {{"text", "{street}, {{{city}}}"}};
  EXPECT_EQ(batch.report(testing::Measure(), {}, map),
            "street,city,text,row,status,attempts,error_code,error_message,duration_ms,length,copy\n"
            "1 Main,Paris,x,1,succeeded,1,,,MS,15,\"1 Main, {Paris}\"\n"
            ",Rome,x,2,succeeded,1,,,MS,8,\", {Rome}\"\n"
            ",,x,3,succeeded,1,,,MS,0,\n");
}

TEST(RunChunk, RefusesAListWhereTheFastPathTakesATextOnly) {
  const Batch batch(kNdjson, "{\"text\":[1]}\n{\"text\":5}\n");
  const std::string report = batch.report(testing::Measure(), {.format = ReportFormat::ndjson});
  EXPECT_THAT(report, HasSubstr("validation_failed"));
  EXPECT_THAT(report, HasSubstr("\"result\":{\"length\":1}}"));
}

TEST(RunChunk, GivesTheSameReportHoweverTheManifestIsCut) {
  std::string body = "text,times\n";
  for (int i = 0; i < 300; ++i) body += std::string(i % 13, 'x') + (i % 11 == 0 ? "\n" : ",2\r\n");
  const std::string whole = Batch(kCsv, body).report(testing::Repeat());
  for (const std::uint32_t rows : {1U, 7U, 299U}) {
    EXPECT_EQ(Batch(kCsv, body, {.chunk_rows = rows}).report(testing::Repeat()), whole) << rows;
  }
}

// Asks for the end while its third row runs.
class CancelsItself final : public operation::ComputeOperation {
 public:
  explicit CancelsItself(Cancellation& cancellation) : cancellation_(cancellation) {}
  std::string_view type() const override { return "cancels_itself"; }
  std::string_view description() const override { return ""; }
  std::string_view schema() const override { return "{}"; }
  void check(json::Value, const std::string&, std::vector<Fault>&) const override {}
  operation::Outcome run(const operation::Task& task, const Cancellation&) const override {
    if (task.payload.find("\"3\"") != std::string_view::npos) cancellation_.request();
    return operation::Success{.body = "1"};
  }

 private:
  Cancellation& cancellation_;
};

TEST(RunChunk, StopsBetweenRowsAndLeavesTheRestToBeShownAsNotRun) {
  const Batch batch(kCsv, "n\n1\n2\n3\n4\n5\n");
  Cancellation cancellation;
  const CancelsItself operation(cancellation);
  const BatchPlan plan = batch.plan(operation);
  const auto result = run_chunk(batch.manifest(), 0, plan, cancellation);
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->complete);
  EXPECT_EQ(result->rows, 3U);
  EXPECT_EQ(result->next_row, 4U);
  const auto rest = not_run_chunk(batch.manifest(), 0, plan, result->next_row);
  ASSERT_TRUE(rest);
  EXPECT_EQ(steady(result->report) + *rest,
            "1,1,succeeded,1,,,MS,1\n2,2,succeeded,1,,,MS,1\n3,3,succeeded,1,,,MS,1\n"
            "4,4,not_run,0,,,,\n5,5,not_run,0,,,,\n");
  const BatchPlan failed_only = batch.plan(operation, {.scope = ReportScope::failed});
  EXPECT_EQ(not_run_chunk(batch.manifest(), 0, failed_only), "");
  const BatchPlan as_json = batch.plan(operation, {.format = ReportFormat::ndjson});
  EXPECT_EQ(not_run_chunk(batch.manifest(), 0, as_json, 5),
            "{\"row\":5,\"input\":{\"n\":\"5\"},\"status\":\"not_run\",\"attempts\":0,\"error\":null,"
            "\"duration_ms\":null,\"result\":null}\n");
}

TEST(RunChunk, SaysThatAnOperationThatWaitsDoesNotRunOnAWorker) {
  const Batch batch(kCsv, "seconds\n1\n");
  const auto sleep = operation::make_sleep();
  const auto result = run_chunk(batch.manifest(), 0, batch.plan(*sleep), Cancellation());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::validation_failed);
  EXPECT_THAT(result.error().message, HasSubstr("sleep"));
}

}  // namespace
}  // namespace waypost::batch

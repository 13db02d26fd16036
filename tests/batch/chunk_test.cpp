#include <gmock/gmock.h>

#include <regex>
#include <set>

#include "batch/operations.hpp"
#include "batch/support.hpp"
#include "waypost/base/json.hpp"
#include "waypost/operation/builtin.hpp"

namespace waypost::batch {
namespace {

using operation::Cancellation;
using ::testing::ElementsAre;
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
  BatchPlan plan(BatchPlan::Request request) const {
    auto plan = BatchPlan::make(manifest_->facts(), std::move(request));
    if (!plan) throw std::runtime_error(plan.error().message);
    return std::move(*plan);
  }
  BatchPlan plan(const operation::Operation& operation, ReportOptions report = {}, FieldMap map = {}) const {
    return plan({.operation = &operation, .map = std::move(map), .report = report});
  }
  ChunkPass open(const BatchPlan& plan, std::optional<ChunkReport> before = {},
                 const Selection& selection = {}, std::uint64_t chunk = 0) const {
    return ChunkPass::open(*manifest_, plan, tally_, chunk, std::move(before), selection).value();
  }
  ChunkPass::Finished pass(const BatchPlan& plan, std::optional<ChunkReport> before = {},
                           const Selection& selection = {}) const {
    ChunkPass pass = open(plan, std::move(before), selection);
    EXPECT_TRUE(pass.run(Cancellation(), Cancellation()));
    return pass.finish().value();
  }
  ChunkReport run(const BatchPlan& plan, std::uint64_t chunk = 0) const {
    ChunkPass pass = open(plan, {}, {}, chunk);
    EXPECT_TRUE(pass.run(Cancellation(), Cancellation()));
    return pass.finish().value().report;
  }
  // The whole report, as a reader of it would see it.
  std::string report(const operation::Operation& operation, ReportOptions options = {},
                     FieldMap map = {}) const {
    const BatchPlan made = plan(operation, options, std::move(map));
    auto file = ReportFile::open(dir_.path() / "report", 0);
    std::vector<ReportSegment> segments;
    for (std::uint64_t k = 0; k < manifest_->facts().chunks; ++k) {
      segments.push_back(file->append(run(made, k).text).value());
    }
    const auto reader = ReportReader::open(dir_.path() / "report", made.frame(), segments);
    return steady(reader->read(0).value());
  }

 private:
  static job::Job job_without_threshold() {
    job::Job job;
    job.spec.batch.emplace();
    return job;
  }

  TemporaryDirectory dir_;
  std::optional<Manifest> manifest_;
  mutable Tally tally_{job_without_threshold()};
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

TEST(RunChunk, CountsItsRows) {
  const Batch batch(kCsv, "text\na\nfail\nb\nfail\n");
  const ChunkReport report = batch.run(batch.plan(testing::Measure()));
  EXPECT_EQ(report.succeeded, 2U);
  EXPECT_EQ(report.failed, 2U);
  EXPECT_EQ(report.waiting, 0U);
  EXPECT_FALSE(report.open);
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

TEST(RunChunk, StopsBetweenRowsAndShowsTheRestAsNotRun) {
  const Batch batch(kCsv, "n\n1\n2\n3\n4\n5\n");
  Cancellation cancellation;
  const CancelsItself operation(cancellation);
  const BatchPlan plan = batch.plan(operation);
  ChunkPass pass = batch.open(plan);
  ASSERT_TRUE(pass.run(cancellation, Cancellation()));
  const ChunkReport report = pass.finish()->report;
  EXPECT_EQ(report.succeeded, 3U);
  EXPECT_TRUE(report.open);
  EXPECT_EQ(steady(report.text),
            "1,1,succeeded,1,,,MS,1\n2,2,succeeded,1,,,MS,1\n3,3,succeeded,1,,,MS,1\n"
            "4,4,not_run,0,,,,\n5,5,not_run,0,,,,\n");
}

TEST(RunChunk, ShowsAChunkThatNeverRan) {
  const Batch batch(kCsv, "n\n1\n2\n");
  const testing::Anything operation;
  EXPECT_EQ(not_run_chunk(batch.manifest(), 0, batch.plan(operation, {.scope = ReportScope::failed})), "");
  EXPECT_EQ(not_run_chunk(batch.manifest(), 0, batch.plan(operation)),
            "1,1,not_run,0,,,,\n2,2,not_run,0,,,,\n");
}

/// Answers each payload as its test says, and notes what ran.
class Told final : public operation::ComputeOperation {
 public:
  std::string_view type() const override { return "told"; }
  std::string_view description() const override { return ""; }
  std::string_view schema() const override { return "{}"; }
  void check(json::Value, const std::string&, std::vector<Fault>&) const override {}
  operation::Outcome run(const operation::Task& task, const Cancellation&) const override {
    ran.push_back(std::string(json::Document::parse(task.payload)->root().find("n")->string()) + "#" +
                  std::to_string(task.attempt));
    if (failing.contains(ran.back().substr(0, ran.back().find('#'))))
      return operation::Failure{.code = "busy", .message = "later", .retry_after = after};
    return operation::Success{.body = "true"};
  }
  mutable std::vector<std::string> ran;
  std::set<std::string> failing;
  std::optional<std::chrono::seconds> after;
};

TEST(ChunkPass, GoesOnWhereAnotherOneWasBrokenOff) {
  const Batch batch(kCsv, "n\n1\n2\n3\n4\n");
  const Told told;
  const BatchPlan plan = batch.plan(told);
  const auto first = batch.pass(plan, {}, {.last_row = 2});
  EXPECT_THAT(told.ran, ElementsAre("1#1", "2#1"));
  EXPECT_TRUE(first.report.open);
  const auto second = batch.pass(plan, first.report);
  EXPECT_THAT(told.ran, ElementsAre("1#1", "2#1", "3#1", "4#1"));
  EXPECT_FALSE(second.report.open);
  EXPECT_EQ(second.report.succeeded, 4U);
  EXPECT_EQ(steady(second.report.text), steady(batch.pass(plan).report.text));
  EXPECT_TRUE(batch.open(plan, second.report).empty());
}

TEST(ChunkPass, TriesAFailedRowAgainAsOftenAsItMayAndNoOther) {
  const Batch batch(kCsv, "n\n1\n2\n3\n");
  Told told;
  told.failing = {"2"};
  const BatchPlan plan =
      batch.plan({.operation = &told, .max_attempts = 3, .backoff = {.initial_seconds = 4, .jitter = false}});
  auto done = batch.pass(plan);
  EXPECT_EQ(done.report.waiting, 1U);
  EXPECT_EQ(done.report.failed, 0U);
  EXPECT_TRUE(done.report.open);
  ASSERT_EQ(done.waits.size(), 1U);
  EXPECT_EQ(done.waits[0].row, 1U);
  EXPECT_EQ(done.waits[0].delay, std::chrono::seconds{4});
  EXPECT_TRUE(batch.open(plan, done.report, {.not_due = {1}}).empty());
  done = batch.pass(plan, done.report);
  EXPECT_EQ(done.waits.at(0).delay, std::chrono::seconds{8});
  done = batch.pass(plan, done.report);
  EXPECT_THAT(told.ran, ElementsAre("1#1", "2#1", "3#1", "2#2", "2#3"));
  EXPECT_EQ(done.report.failed, 1U);
  EXPECT_FALSE(done.report.open);
  EXPECT_THAT(done.report.text, HasSubstr("2,2,failed,3,busy,later,"));
}

TEST(ChunkPass, HonoursWhatAnOperationAsksToWait) {
  const Batch batch(kCsv, "n\n1\n");
  Told told;
  told.failing = {"1"};
  told.after = std::chrono::seconds{60};
  const auto done = batch.pass(batch.plan({.operation = &told, .max_attempts = 2}));
  EXPECT_EQ(done.waits.at(0).delay, std::chrono::seconds{60});
}

TEST(ChunkPass, RunsOnlyWhatFailedWhenThatIsAskedFor) {
  for (const ReportScope scope : {ReportScope::all, ReportScope::failed}) {
    const Batch batch(kCsv, "n\n1\n2\n3\n4\n");
    Told told;
    told.failing = {"2", "3"};
    const BatchPlan plan = batch.plan(told, {.scope = scope});
    const auto before = batch.pass(plan, {}, {.last_row = 3});
    told.failing = {"3"};
    told.ran.clear();
    const auto after = batch.pass(plan, before.report, {.failed_only = true, .failed_again = true});
    EXPECT_THAT(told.ran, ElementsAre("2#2", "3#2"));
    EXPECT_EQ(after.report.succeeded, 2U);
    EXPECT_EQ(after.report.failed, 1U);
    EXPECT_FALSE(after.report.open) << "what never ran is not to be run";
    const std::string all =
        "1,1,succeeded,1,,,MS,true\n2,2,succeeded,2,,,MS,true\n3,3,failed,2,busy,later,MS,\n4,4,not_run,0,,,,"
        "\n";
    EXPECT_EQ(steady(after.report.text), scope == ReportScope::all ? all : "3,3,failed,2,busy,later,MS,\n");
  }
}

TEST(ChunkPass, HandsOutTasksOfAnOperationThatWaitsAndTakesThemInAnyOrder) {
  const Batch batch(kCsv, "seconds\n1\nsoon\n2\n3\n");
  const auto sleep = operation::make_sleep();
  const BatchPlan plan = batch.plan({.operation = sleep.get(), .max_attempts = 2});
  ChunkPass pass = batch.open(plan);
  ASSERT_EQ(pass.size(), 3U) << "a row that is refused as it is needs no task";
  EXPECT_EQ(pass.task(1).payload, "{\"seconds\":2}");
  pass.settle(2, operation::Failure{.code = "busy", .message = "later"}, std::chrono::milliseconds{1});
  pass.settle(0, operation::Success{.body = "{}"}, std::chrono::milliseconds{1});
  const auto first = pass.finish();
  ASSERT_TRUE(first);
  EXPECT_EQ(steady(first->report.text),
            "1,1,succeeded,1,,,MS,{}\n"
            "soon,2,failed,1,validation_failed,\"seconds: must be a number, not \"\"soon\"\"\",MS,\n"
            "2,3,not_run,0,,,,\n3,4,failed,1,busy,later,MS,\n");
  EXPECT_EQ(first->report.waiting, 1U);
  EXPECT_EQ(first->report.failed, 1U);
  ChunkPass next = batch.open(plan, first->report);
  ASSERT_EQ(next.size(), 2U);
  EXPECT_EQ(next.task(1).attempt, 2);
}

TEST(ChunkPass, StopsWhenTooManyRowsHaveFailed) {
  const Batch batch(kCsv, "n\n1\n2\n3\n4\n5\n6\n7\n8\n9\n");
  Told told;
  told.failing = {"1", "2", "3", "4", "5", "6", "7", "8", "9"};
  job::Job job;
  job.spec.batch = job::Batch{.threshold = job::FailureThreshold{.ratio = 0.5, .after_tasks = 4}};
  job.progress.total = 9;
  Tally tally(job);
  const BatchPlan plan = batch.plan(told);
  auto pass = *ChunkPass::open(batch.manifest(), plan, tally, 0, {}, {});
  ASSERT_TRUE(pass.run(Cancellation(), Cancellation()));
  EXPECT_EQ(told.ran.size(), 4U);
  EXPECT_TRUE(pass.finish()->report.open);
  EXPECT_TRUE(tally.past_threshold());
}

TEST(ChunkPass, RefusesAnIndexThatIsNotItsOwn) {
  const Batch batch(kCsv, "n\n1\n2\n");
  const Told told;
  const BatchPlan plan = batch.plan(told);
  ChunkReport report = batch.pass(plan).report;
  job::Job job;
  job.spec.batch.emplace();
  Tally tally(job);
  const auto open = [&](const ChunkReport& before) {
    return ChunkPass::open(batch.manifest(), plan, tally, 0, before, {});
  };
  ChunkReport cut = report;
  cut.index.pop_back();
  EXPECT_EQ(open(cut).error().code, Code::internal);
  cut = report;
  cut.text.pop_back();
  EXPECT_EQ(open(cut).error().code, Code::internal);
  cut = report;
  cut.index[7] = '\x03';
  EXPECT_EQ(open(cut).error().code, Code::internal);
}

TEST(Stride, MakesOneChunkOfSeveralEntriesOfTheIndex) {
  const Batch batch(kCsv, "n\n1\n2\n3\n4\n5\n", {.chunk_rows = 1});
  const Told told;
  const BatchPlan plan = batch.plan({.operation = &told, .stride = 2});
  batch.run(plan, 1);
  batch.run(plan, 2);
  EXPECT_THAT(told.ran, ElementsAre("3#1", "4#1", "5#1"));
  EXPECT_EQ(batch.manifest().chunk_of(1), 0U);
  EXPECT_EQ(batch.manifest().chunk_of(5), 4U);
}

}  // namespace
}  // namespace waypost::batch

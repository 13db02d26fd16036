#include <sstream>

#include "engine/engine_fixture.hpp"
#include "waypost/batch/manifest.hpp"
#include "waypost/batch/report.hpp"
#include "waypost/engine/batch_plan.hpp"

namespace waypost::test {
namespace {

using ::testing::ElementsAre;

class EngineBatchTest : public EngineTest {
 protected:
  struct Row {
    std::string text;
    std::string status;
    bool operator==(const Row&) const = default;
    friend void PrintTo(const Row& row, std::ostream* out) { *out << row.text << ":" << row.status; }
  };

  /// A batch over one column, `text`, in chunks of so many rows.
  job::Job batch(const std::vector<std::string>& texts, std::uint32_t chunk_rows) {
    const Ulid ulid = make_ulid(clock.now());
    const std::string id = format_id(job::manifest_prefix, ulid);
    auto writer = *batch::ManifestWriter::create(options.manifests, id, batch::ManifestFormat::csv,
                                                 {.chunk_rows = chunk_rows});
    std::string csv = "text\n";
    for (const auto& text : texts) csv += text + "\n";
    EXPECT_TRUE(writer.append(csv));
    const auto facts = writer.finish();
    EXPECT_TRUE(facts);
    job::Spec s = spec("rows");
    s.batch = job::Batch{.manifest = id,
                         .rows = static_cast<std::int64_t>(facts->rows),
                         .chunks = static_cast<std::int64_t>(facts->chunks)};
    return job::create(ulid, std::move(s), "{}", clock.now());
  }
  static std::vector<std::string> numbered(std::size_t count) {
    std::vector<std::string> texts;
    for (std::size_t i = 1; i <= count; ++i) texts.push_back("t" + std::to_string(i));
    return texts;
  }

  std::future<Result<std::vector<store::ChunkRecord>>> ask_for_chunks(const job::Job& job) {
    return start_call<std::vector<store::ChunkRecord>>(
        [&](auto reply) { engine->report_chunks(job, std::move(reply)); });
  }
  /// The rows of a report, in the order in which a client reads them.
  std::vector<Row> report(const job::Job& job) {
    const auto chunks = ask_for_chunks(job).get();
    EXPECT_TRUE(chunks) << chunks.error().message;
    return chunks ? rows_of(job, *chunks) : std::vector<Row>{};
  }
  std::vector<Row> rows_of(const job::Job& job, const std::vector<store::ChunkRecord>& chunks) {
    const auto manifest = batch::Manifest::open(options.manifests, job.spec.batch->manifest);
    const auto plan = engine::plan_of(job, manifest->facts(), operations);
    std::vector<batch::ReportSegment> segments;
    for (const auto& chunk : chunks)
      segments.push_back(
          {static_cast<std::uint64_t>(chunk.report_offset), static_cast<std::uint64_t>(chunk.report_length)});
    const auto reader =
        batch::ReportReader::open(engine->report_file(job.ulid), plan->frame(), std::move(segments));
    EXPECT_TRUE(reader) << reader.error().message;
    std::istringstream lines(*reader->read(0));
    std::vector<Row> rows;
    std::string line;
    std::getline(lines, line);
    while (std::getline(lines, line)) {
      std::vector<std::string> cells;
      std::istringstream values(line);
      for (std::string cell; std::getline(values, cell, ',');) cells.push_back(cell);
      EXPECT_EQ(cells.at(1), std::to_string(rows.size() + 1))
          << "rows are in the manifest's order, each once";
      rows.push_back({cells.at(0), cells.at(2)});
    }
    return rows;
  }
  static std::vector<Row> all(const std::vector<std::string>& texts, const std::string& status) {
    std::vector<Row> rows;
    for (const auto& text : texts) rows.push_back({text, status});
    return rows;
  }
  Ulid submit_job(const job::Job& job) { return submit(job); }
};

TEST_F(EngineBatchTest, ABatchPausesBetweenItsChunksAndGoesOnWithTheRest) {
  options.worker_threads = 1;
  start();
  std::vector<std::string> texts{"hold 1"};
  for (const auto& text : numbered(9)) texts.push_back(text);
  const job::Job job = batch(texts, 1);
  submit_job(job);
  script.wait_for_begun(1);
  EXPECT_EQ(steer(job.ulid, job::Pause{})->state, State::pausing);
  script.let_go("hold 1");
  const auto paused = wait_for(job.ulid, State::paused);
  EXPECT_GE(paused.progress.succeeded, 1);
  EXPECT_LT(paused.progress.succeeded, 10);
  EXPECT_THAT(outcomes(job.ulid), ElementsAre(job::Outcome::interrupted));
  steer(job.ulid, job::Resume{});
  const auto ended = wait_for(job.ulid, State::succeeded);
  EXPECT_EQ(ended.progress.succeeded, 10);
  const auto rows = report(ended);
  ASSERT_EQ(rows.size(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(rows[i].text, texts[i]);
}

TEST_F(EngineBatchTest, RunsChunksInParallelAndReportsEveryRowInOrder) {
  start();
  // The first rows of two chunks wait for each other: they end only if both run at once.
  auto texts = numbered(12);
  texts[0] = "hold-a";
  texts[3] = "hold-b";
  texts[7] = "fail";
  const Ulid id = submit_job(batch(texts, 3));
  script.wait_for_begun(2);
  script.let_all_go();
  const auto job = wait_for(id, State::partial);
  EXPECT_EQ(job.progress.total, 12);
  EXPECT_EQ(job.progress.succeeded, 11);
  EXPECT_EQ(job.progress.failed, 1);
  auto expected = all(texts, "succeeded");
  expected[7].status = "failed";
  EXPECT_EQ(report(job), expected);
}

TEST_F(EngineBatchTest, AManifestLargerThanTheWorkersSucceeds) {
  start();
  const auto texts = numbered(500);
  const auto job = wait_for(submit_job(batch(texts, 7)), State::succeeded);
  EXPECT_EQ(job.progress.succeeded, 500);
  EXPECT_EQ(report(job), all(texts, "succeeded"));
}

TEST_F(EngineBatchTest, ARunningBatchKeepsNoWorkerFromOtherJobs) {
  options.worker_threads = 2;
  start();
  std::vector<Ulid> batches;
  for (int i = 0; i < 4; ++i) batches.push_back(submit_job(batch(numbered(20), 2)));
  wait_for(submit(spec("note")), State::succeeded);
  for (const Ulid id : batches) wait_for(id, State::succeeded);
}

TEST_F(EngineBatchTest, CancelledMidwayTheRestIsNotRunAndTheCountsAreExact) {
  options.worker_threads = 1;
  start();
  auto texts = numbered(9);
  texts[4] = "hold";  // the second row of the second chunk
  const Ulid id = submit_job(batch(texts, 3));
  script.wait_for_begun(1);
  EXPECT_EQ(cancel(id)->state, State::cancelling);
  stats();
  script.let_all_go();
  const auto job = wait_for(id, State::cancelled);
  EXPECT_EQ(job.progress.succeeded, 5);
  EXPECT_EQ(job.progress.failed, 0);
  auto expected = all(texts, "succeeded");
  for (std::size_t i = 5; i < 9; ++i) expected[i].status = "not_run";
  EXPECT_EQ(report(job), expected);
  EXPECT_EQ(report(job), expected) << "and the same when it is asked for again";
}

TEST_F(EngineBatchTest, CancelledBeforeItBeganEveryRowIsNotRun) {
  options.queues["held"] = {.concurrency = 0};
  start();
  const auto texts = numbered(10);
  auto waiting = batch(texts, 4);
  waiting.spec.queue = "held";
  const Ulid id = submit_job(waiting);
  EXPECT_EQ(cancel(id)->state, State::cancelled);
  EXPECT_EQ(report(get(id)), all(texts, "not_run"));
}

TEST_F(EngineBatchTest, AskedForTwiceAtOnceAReportIsCompletedOnce) {
  options.queues["held"] = {.concurrency = 0};
  start();
  const auto texts = numbered(50);
  auto waiting = batch(texts, 3);
  waiting.spec.queue = "held";
  const Ulid id = submit_job(waiting);
  ASSERT_TRUE(cancel(id));
  const auto job = get(id);
  auto one = ask_for_chunks(job), two = ask_for_chunks(job), three = ask_for_chunks(job);
  const auto expected = all(texts, "not_run");
  for (auto* answer : {&one, &two, &three}) {
    const auto chunks = answer->get();
    ASSERT_TRUE(chunks) << chunks.error().message;
    EXPECT_EQ(rows_of(job, *chunks), expected);
  }
}

TEST_F(EngineBatchTest, ContinuesAfterTheLastFinishedChunkWhenItIsStoppedAndStarted) {
  options.worker_threads = 1;
  start();
  auto texts = numbered(18);
  texts[0] = "note-first";
  texts[6] = "hold";  // the first row of the third chunk
  const Ulid id = submit_job(batch(texts, 3));
  script.wait_for_begun(2);
  auto drained = drain(Seconds{60});
  stats();
  script.let_all_go();
  ASSERT_EQ(drained.wait_for(Script::limit), std::future_status::ready);
  const auto stopped = get(id);
  EXPECT_EQ(stopped.state, State::queued);
  EXPECT_GE(stopped.progress.succeeded, 7);
  EXPECT_LT(stopped.progress.succeeded, 18) << "no further row is begun";
  end();
  open_store();
  start();
  const auto job = wait_for(id, State::succeeded);
  EXPECT_EQ(job.progress.succeeded, 18) << "no row is counted twice";
  EXPECT_EQ(report(job), all(texts, "succeeded"));
  EXPECT_THAT(script.all_begun(), ElementsAre("note-first", "hold")) << "finished chunks are not run again";
}

TEST_F(EngineBatchTest, HandedBackWhileARowDoesNotEndItLosesAndRepeatsNothing) {
  options.worker_threads = 1;
  start();
  auto texts = numbered(6);
  texts[4] = "hold";
  const Ulid id = submit_job(batch(texts, 3));
  script.wait_for_begun(1);
  auto drained = drain(Seconds{10});
  advance(Seconds{10});
  ASSERT_EQ(drained.wait_for(Script::limit), std::future_status::ready) << "it waits for no row";
  EXPECT_EQ(get(id).state, State::queued);
  end();
  open_store();
  start();
  const auto job = wait_for(id, State::succeeded);
  EXPECT_EQ(job.progress.succeeded, 6);
  EXPECT_EQ(report(job), all(texts, "succeeded"));
}

TEST_F(EngineBatchTest, RunsAgainFromTheFirstRowWhenRetriedWhileItsReportIsRead) {
  start();
  auto texts = numbered(60);
  texts[0] = "hold";
  const Ulid id = submit_job(batch(texts, 2));
  script.wait_for_begun(1);
  ASSERT_TRUE(cancel(id));
  script.let_all_go();
  for (int round = 0; round < 5; ++round) {
    wait_for(id, State::cancelled);
    auto chunks = ask_for_chunks(get(id));
    ASSERT_TRUE(retry(id));
    chunks.get();  // complete, or refused because the batch runs again
    static_cast<void>(cancel(id));
    while (!job::is_terminal(get(id).state)) stats();
    if (get(id).state == State::succeeded) break;
  }
  if (get(id).state == State::cancelled) {
    ASSERT_TRUE(retry(id));
    wait_for(id, State::succeeded);
  }
  EXPECT_EQ(get(id).progress.succeeded, 60);
  EXPECT_EQ(report(get(id)), all(texts, "succeeded"));
}

TEST_F(EngineBatchTest, OutOfTimeItsReportWaitsForTheRowThatStillRuns) {
  options.worker_threads = 2;
  start();
  auto texts = numbered(6);
  texts[1] = "hold";
  auto job = batch(texts, 3);
  job.spec.total_timeout = Seconds{20};
  job.spec.max_attempts = 1;
  const Ulid id = submit_job(job);
  script.wait_for_begun(1);
  advance(Seconds{20});
  const auto ended = wait_for(id, State::failed);
  EXPECT_EQ(ended.error->code, "timed_out");
  auto chunks = ask_for_chunks(ended);
  stats();
  EXPECT_NE(chunks.wait_for(std::chrono::seconds{0}), std::future_status::ready);
  script.let_all_go();
  const auto recorded = chunks.get();
  ASSERT_TRUE(recorded) << recorded.error().message;
  const auto rows = rows_of(ended, *recorded);
  ASSERT_EQ(rows.size(), 6U);
  EXPECT_EQ(rows[1], (Row{"hold", "not_run"})) << "what ended after the job did is not in its report";
}

TEST_F(EngineBatchTest, ARowIsTriedAgainAfterItsBackoffAndItsNeighboursDoNotWait) {
  start();
  auto texts = numbered(12);
  texts[1] = "flaky";
  script.let_fail("flaky", 2);
  const Ulid id = submit_job(batch(texts, 3));
  while (get(id).progress.succeeded < 11) stats();
  EXPECT_EQ(get(id).batch.waiting, 1);
  EXPECT_EQ(get(id).progress.failed, 0) << "it may still do well";
  for (int i = 0; i < 10; ++i) stats();
  EXPECT_EQ(script.failures_left("flaky"), 1) << "its time has not come";
  while (!job::is_terminal(get(id).state)) advance(Milliseconds{250});
  const auto job = get(id);
  EXPECT_EQ(job.state, State::succeeded);
  EXPECT_EQ(job.progress.succeeded, 12);
  EXPECT_EQ(report(job), all(texts, "succeeded"));
}

TEST_F(EngineBatchTest, ARowThatWaitedAtAShutdownIsTriedAgainAtTheNextStartAndOnlyThatOne) {
  start();
  auto texts = numbered(6);
  texts[0] = "note-once";
  texts[4] = "flaky";
  script.let_fail("flaky", 1);
  const Ulid id = submit_job(batch(texts, 3));
  while (get(id).progress.succeeded < 5) stats();
  ASSERT_TRUE(drain_and_end(Seconds{5}));
  open_store();
  EXPECT_EQ(get(id).state, State::queued);
  start();
  const auto job = wait_for(id, State::succeeded);
  EXPECT_EQ(report(job), all(texts, "succeeded"));
  EXPECT_THAT(script.all_begun(), ElementsAre("note-once"));
}

TEST_F(EngineBatchTest, ACancelLeavesARowThatWaitedFailed) {
  start();
  auto texts = numbered(6);
  texts[4] = "flaky";
  script.let_fail("flaky", 9);
  const Ulid id = submit_job(batch(texts, 3));
  while (get(id).progress.succeeded < 5) stats();
  ASSERT_TRUE(cancel(id));
  const auto job = wait_for(id, State::cancelled);
  EXPECT_EQ(job.progress.failed, 1);
  auto expected = all(texts, "succeeded");
  expected[4].status = "failed";
  EXPECT_EQ(report(job), expected);
}

TEST_F(EngineBatchTest, FailsWithAClearErrorWhenItsManifestIsGone) {
  start();
  auto job = batch(numbered(3), 1);
  ASSERT_TRUE(batch::Manifest::remove(options.manifests, job.spec.batch->manifest));
  const auto failed = wait_for(submit_job(job), State::failed);
  EXPECT_EQ(failed.error->code, "unknown_manifest");
  EXPECT_EQ(failed.attempt, 1);
  EXPECT_FALSE(ask_for_chunks(failed).get());
}

TEST_F(EngineBatchTest, AForgottenBatchTakesItsReportAlong) {
  start();
  auto job = batch(numbered(3), 1);
  job.spec.retain = Seconds{10};
  const Ulid id = submit_job(job);
  wait_for(id, State::succeeded);
  advance(Seconds{10});
  wait_until_forgotten(id);
  end();
  EXPECT_TRUE(std::filesystem::is_empty(options.reports));
}

}  // namespace
}  // namespace waypost::test

#include "job/life.hpp"
#include "waypost/job/job_json.hpp"

// What is of batches alone: thresholds, canaries, failed rows again, manifests to be fetched.
namespace waypost::job {
namespace {

using test::plain;
using test::start;

class BatchLife : public test::Life {
 public:
  explicit BatchLife(Batch batch, Spec spec = plain()) : Life(over(std::move(batch), std::move(spec))) {}
  void advance(std::int64_t succeeded, std::int64_t failed, std::int64_t waiting = 0) {
    apply(Advance{.fence = job().fence, .succeeded = succeeded, .failed = failed, .waiting = waiting});
  }

 private:
  static Spec over(Batch batch, Spec spec) {
    spec.batch = std::move(batch);
    return spec;
  }
};

Batch rows(std::int64_t count) {
  return {.manifest = "man_1", .rows = count, .chunks = 1};
}

Batch with_threshold(FailureThreshold threshold, std::int64_t count = 100) {
  Batch batch = rows(count);
  batch.threshold = threshold;
  return batch;
}

TEST(Threshold, IsPastWhenMoreThanTheRatioOfEnoughRowsHaveFailed) {
  const struct {
    FailureThreshold threshold;
    Progress progress;
    bool past;
  } cases[] = {
      {{.ratio = 0.5, .after_tasks = 10}, {100, 4, 5}, false},
      {{.ratio = 0.5, .after_tasks = 10}, {100, 5, 5}, false},
      {{.ratio = 0.5, .after_tasks = 10}, {100, 4, 6}, true},
      {{.ratio = 0, .after_tasks = 0}, {100, 50, 0}, false},
      {{.ratio = 0, .after_tasks = 0}, {100, 50, 1}, true},
      {{.ratio = 1, .after_tasks = 0}, {100, 0, 100}, false},
      {{.ratio = 0.5}, {100, 0, 99}, false},
      {{.ratio = 0.5}, {100, 40, 60}, true},
      {{.ratio = 0.5}, {5000, 0, 999}, false},
      {{.ratio = 0.5}, {5000, 0, 1000}, true},
      {{.ratio = 0.5, .after_tasks = 1000}, {100, 0, 100}, false},
  };
  for (const auto& c : cases)
    EXPECT_EQ(past_threshold(with_threshold(c.threshold), {}, c.progress), c.past)
        << c.threshold.ratio << " " << c.progress.succeeded << " " << c.progress.failed;
  EXPECT_FALSE(past_threshold(rows(100), {}, {100, 0, 100})) << "there is none";
}

TEST(Threshold, PastItABatchFailsInWords) {
  BatchLife life(with_threshold({.ratio = 0.5, .after_tasks = 10}));
  life.lease();
  life.advance(4, 8);
  life.apply(PassThreshold{life.job().fence, "w"});
  EXPECT_EQ(life.job().state, State::failed);
  EXPECT_EQ(life.job().error->code, "failure_threshold");
  EXPECT_EQ(life.job().reason, "8 of 12 rows failed: more than the 50 % of failure_threshold");
}

TEST(Threshold, PastItABatchMayPauseAndIsJudgedAnewWhenItGoesOn) {
  BatchLife life(with_threshold({.ratio = 0.5, .after_tasks = 10, .pause = true}));
  life.lease();
  life.advance(4, 8);
  EXPECT_TRUE(past_threshold(*life.job().spec.batch, life.job().batch, life.job().progress));
  const auto decision = life.apply(PassThreshold{life.job().fence, "w"});
  EXPECT_EQ(life.job().state, State::paused);
  EXPECT_EQ(decision.notice, Notice::paused);
  EXPECT_FALSE(past_threshold(*life.job().spec.batch, life.job().batch, life.job().progress));
  life.apply(Resume{});
  EXPECT_EQ(life.job().state, State::queued);
  life.lease();
  life.advance(4, 6);
  EXPECT_TRUE(past_threshold(*life.job().spec.batch, life.job().batch, life.job().progress));
}

TEST(BatchEnd, IsByTheContractsRule) {
  const struct {
    std::int64_t succeeded, failed;
    State state;
  } cases[] = {{100, 0, State::succeeded}, {99, 1, State::partial}, {0, 100, State::failed}};
  for (const auto& c : cases) {
    BatchLife life(rows(100));
    life.lease();
    life.advance(c.succeeded, c.failed);
    life.apply(FinishBatch{life.job().fence, "w"});
    EXPECT_EQ(life.job().state, c.state);
  }
  BatchLife life(with_threshold({.ratio = 0.2}));
  life.lease();
  life.advance(70, 30);
  life.apply(FinishBatch{life.job().fence, "w"});
  EXPECT_EQ(life.job().state, State::failed) << "it did not end within its threshold";
}

TEST(BatchEnd, RowsThatWaitedForAnotherAttemptHaveFailed) {
  BatchLife life(rows(10));
  life.lease();
  life.advance(3, 1, 2);
  life.advance(1, 0, -1);
  EXPECT_EQ(life.job().batch.waiting, 1);
  life.apply(Cancel{});
  life.apply(Stopped{life.job().fence, "w"});
  EXPECT_EQ(life.job().progress.succeeded, 4);
  EXPECT_EQ(life.job().progress.failed, 2);
  EXPECT_EQ(life.job().batch.waiting, 0);
}

TEST(FailedRows, RunAgainAndTheOthersStay) {
  BatchLife life(rows(10));
  life.lease();
  life.advance(7, 3);
  life.apply(FinishBatch{life.job().fence, "w"});
  const auto decision = life.apply(RunAgain{.failed_rows = true});
  EXPECT_FALSE(decision.new_run) << "what was recorded still counts";
  EXPECT_EQ(life.job().state, State::queued);
  EXPECT_TRUE(life.job().batch.failed_only);
  EXPECT_EQ(life.job().batch.run, 2);
  EXPECT_EQ(life.job().progress.succeeded, 7);
  EXPECT_EQ(life.job().progress.failed, 0);
  EXPECT_EQ(life.job().batch.waiting, 3);
  life.lease();
  life.advance(2, 1, -3);
  life.apply(FinishBatch{life.job().fence, "w"});
  EXPECT_EQ(life.job().state, State::partial);
  EXPECT_EQ(life.job().progress.succeeded, 9);
  EXPECT_EQ(life.job().progress.failed, 1);
}

TEST(FailedRows, WhatNeverRanLeavesTheBatchPartial) {
  BatchLife life(rows(10));
  life.lease();
  life.advance(3, 2);
  life.apply(Cancel{});
  life.apply(Stopped{life.job().fence, "w"});
  life.apply(RunAgain{.failed_rows = true});
  life.lease();
  life.advance(2, 0, -2);
  life.apply(FinishBatch{life.job().fence, "w"});
  EXPECT_EQ(life.job().state, State::partial);
  EXPECT_EQ(life.job().error->message, "0 of 10 rows failed, 5 were not run");
}

TEST(FailedRows, MustBeThere) {
  BatchLife fine(rows(1));
  fine.refusal(RunAgain{.failed_rows = true});  // it has not ended
  fine.lease();
  fine.advance(1, 0);
  fine.apply(FinishBatch{fine.job().fence, "w"});
  EXPECT_THAT(fine.refusal(RunAgain{.failed_rows = true}), testing::HasSubstr("no row that failed"));
}

TEST(Canary, HoldsTheBatchWithAnEstimateThatStandsStill) {
  Batch batch = rows(100);
  batch.canary = 10;
  BatchLife life(batch);
  life.lease();
  life.pass(Seconds{5});
  life.advance(9, 1);
  life.apply(Hold{life.job().fence, "w", "confirm it"});
  EXPECT_EQ(life.job().state, State::awaiting_confirmation);
  EXPECT_TRUE(life.job().batch.canary_done);
  for (const auto later : {Seconds{0}, Seconds{3600}}) {
    std::string body;
    json::Writer out(body);
    write(out, life.job(), life.now() + later);
    const auto document = json::Document::parse(body);
    const auto progress = *document->root().find("progress");
    EXPECT_EQ(progress.find("rate_per_second")->number(), 2);
    EXPECT_EQ(progress.find("eta_seconds")->number(), 45);
  }
  life.apply(Confirm{});
  EXPECT_EQ(life.job().state, State::queued);
}

Batch to_fetch() {
  return {.manifest = "man_1", .source = ManifestSource{.url = "http://example.com/"}, .report_format = ""};
}

TEST(Preparing, LeadsToWhereTheJobWouldBe) {
  const Batch read{.manifest = "man_1", .source = ManifestSource{}, .rows = 5, .chunks = 1};
  BatchLife at_once(to_fetch());
  EXPECT_EQ(at_once.job().state, State::preparing);
  EXPECT_TRUE(at_once.apply(Prepare{read}).amended);
  EXPECT_EQ(at_once.job().state, State::queued);
  EXPECT_EQ(at_once.job().progress.total, 5);
  EXPECT_EQ(at_once.job().spec.batch->rows, 5);
  Spec timed = plain();
  timed.run_at = start + Seconds{9};
  BatchLife later(to_fetch(), timed);
  later.apply(Prepare{read});
  EXPECT_EQ(later.job().state, State::scheduled);
  Spec asking = plain();
  asking.confirmation_required = true;
  BatchLife asked(to_fetch(), asking);
  asked.apply(Prepare{read});
  EXPECT_EQ(asked.job().state, State::awaiting_confirmation);
}

TEST(Preparing, FailsWithItsReasonAndIsPreparedAgainByARetry) {
  BatchLife life(to_fetch());
  life.apply(FailPreparing{"etag_mismatch", "another etag"});
  EXPECT_EQ(life.job().state, State::failed);
  EXPECT_EQ(life.job().error->code, "etag_mismatch");
  EXPECT_EQ(life.job().reason, "another etag");
  life.apply(RunAgain{});
  EXPECT_EQ(life.job().state, State::preparing);
  life.refusal(Lease{"w"});
}

TEST(BatchJson, ReadsBackWhatItPacked) {
  Spec spec{.type = "echo"};
  spec.batch = Batch{.manifest = "man_1",
                     .source = ManifestSource{.url = "http://example.com/?a=\"b\"", .etag = "ab"},
                     .rows = 7,
                     .chunks = 3,
                     .stride = 10,
                     .map = R"({"address":"{a}"})",
                     .report_scope = "failed",
                     .report_format = "json",
                     .threshold = FailureThreshold{.ratio = 0.25, .after_tasks = 5, .pause = true},
                     .canary = 3};
  Spec back{.type = "echo"};
  unpack(pack(spec), back);
  EXPECT_EQ(back, spec);
  const BatchState state{.run = 3,
                         .failed_only = true,
                         .canary_done = true,
                         .waiting = 4,
                         .active = Milliseconds{5},
                         .done_before = 6,
                         .judged = 7,
                         .judged_failed = 8};
  EXPECT_EQ(unpack_batch_state(pack(state)), state);
  EXPECT_EQ(unpack_batch_state(pack(BatchState{})), BatchState{});
}

}  // namespace
}  // namespace waypost::job

#pragma once

#include "store/sqlite/threads.hpp"
#include "waypost/base/log.hpp"

namespace waypost::store::sqlite {

/// A write, its answer, and who waits for it.
template <class T, class Work>
class Write final : public WriteOperation {
 public:
  Write(Work work, Reply<T> reply) : work_(std::move(work)), reply_(std::move(reply)) {}
  void run(Session& session) override {
    result_ = work_(session);
    if (reply_.note() != nullptr && has_effect(result_)) session.write_down(*reply_.note());
  }
  void committed() override { reply_(std::move(result_)); }
  void failed(const Error& error) override { reply_(std::unexpected(error)); }

 private:
  Work work_;
  Reply<T> reply_;
  Result<T> result_ = fail(Code::internal, "the write was not run");
};

/// The threads of one database, and how work gets to them. Any thread.
class Access {
 public:
  Access(const SqliteOptions& options, Clock& clock) : writer_(options, clock), readers_(options) {}

  /// `work(Session&)` inside a transaction; its Result<T> is answered after the commit.
  template <class T, class Work>
  void write(Work work, Reply<T> reply) {
    writer_.push(std::make_unique<Write<T, Work>>(std::move(work), std::move(reply)));
  }

  /// `work(Statements&)` on a thread that reads.
  template <class T, class Work>
  void read(Work work, Reply<T> reply) {
    readers_.push([work = std::move(work), reply = std::move(reply)](Statements& sql) mutable {
      try {
        reply(work(sql));
      } catch (const Failure& failure) {
        log::error("a read failed", {{"error", failure.what()}});
        reply(fail(Code::internal, "the store failed", failure.what()));
      }
    });
  }

  Writer& writer() { return writer_; }
  const Writer& writer() const { return writer_; }

 private:
  Writer writer_;
  Readers readers_;
};

}  // namespace waypost::store::sqlite

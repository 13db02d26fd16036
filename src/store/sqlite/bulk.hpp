#pragma once

#include "store/sqlite/access.hpp"
#include "waypost/store/bulk_store.hpp"

namespace waypost::store::sqlite {

class Bulk final : public BulkStore {
 public:
  explicit Bulk(Access& access) : access_(access) {}
  void submit(BulkSubmission submission, Reply<Submitted> reply) override;
  void find(ListQuery query, Reply<FoundJobs> reply) override;
  void change(std::vector<Ulid> jobs, job::Filter filter, job::Command command,
              Reply<BulkChange> reply) override;

 private:
  Access& access_;
};

}  // namespace waypost::store::sqlite

#pragma once

#include "store/sqlite/access.hpp"
#include "waypost/store/secret_store.hpp"

namespace waypost::store::sqlite {

class Secrets final : public SecretStore {
 public:
  explicit Secrets(Access& access) : access_(access) {}
  void reseal(Place from, std::size_t limit, Reseal reseal, Reply<Step> reply) override;

 private:
  Access& access_;
};

}  // namespace waypost::store::sqlite

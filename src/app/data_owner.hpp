#pragma once

#include <future>
#include <variant>

#include "app/api_client.hpp"
#include "waypost/app/config.hpp"
#include "waypost/base/secret_keeper.hpp"
#include "waypost/store/sqlite_store.hpp"

namespace waypost::app {

/// The service that runs on a data directory, spoken to as its operator.
class RunningService {
 public:
  explicit RunningService(ApiClient client) : client_(std::move(client)) {}
  /// The body of a 2xx answer; any other one as an error that says why.
  Result<std::string> send(const ApiRequest& request) const;

 private:
  ApiClient client_;
};

/// The data of a service that does not run; nobody else opens them meanwhile.
class OpenedData {
 public:
  OpenedData(store::DirectoryLock lock, std::unique_ptr<SecretKeeper> secrets,
             std::unique_ptr<store::Store> store)
      : lock_(std::move(lock)), secrets_(std::move(secrets)), store_(std::move(store)) {
    store_->observe([](std::vector<store::Change>&&) {});
  }
  store::Store& store() { return *store_; }
  SecretKeeper& secrets() { return *secrets_; }

  /// Starts a call of the store, and waits for its answer; `note` goes with a write.
  template <class T, class Start>
  Result<T> wait(Start start, store::Note note = nullptr) {
    std::promise<Result<T>> promise;
    auto answer = promise.get_future();
    auto keep = [&](Result<T> result) { promise.set_value(std::move(result)); };
    start(store::Reply<T>(std::move(keep), std::move(note)));
    return answer.get();
  }
  /// What the audit trail says of a change that is made here, as the service would.
  static store::Note note(Clock& clock, std::string action, std::string resource);
  /// Writes that down, of a change that is not the store's.
  Result<void> record(store::Note note);

 private:
  store::DirectoryLock lock_;
  std::unique_ptr<SecretKeeper> secrets_;
  std::unique_ptr<store::Store> store_;
};

/// Whoever owns the data directory: the service when it runs, else this process from now on.
using DataOwner = std::variant<RunningService, OpenedData>;
Result<DataOwner> find_owner(const Config& config, Clock& clock);

}  // namespace waypost::app

#include "app/data_owner.hpp"

#include "app/job_view.hpp"
#include "app/open_secrets.hpp"
#include "app/operator.hpp"

namespace waypost::app {

Result<std::string> RunningService::send(const ApiRequest& request) const {
  const auto response = client_.send(request);
  if (!response) return fail(Code::internal, response.error());
  if (response->status >= 300)
    return fail(Code::internal, describe_problem(response->body, response->status));
  return response->body;
}

store::Note OpenedData::note(Clock& clock, std::string action, std::string resource) {
  return std::make_unique<const store::AuditEntry>(
      audit_entry(clock.now(), std::move(action), std::move(resource), "done"));
}

Result<void> OpenedData::record(store::Note note) {
  return wait<void>([&](auto reply) { store_->audit().record(*note, std::move(reply)); });
}

Result<DataOwner> find_owner(const Config& config, Clock& clock) {
  std::error_code error;
  std::filesystem::create_directories(config.data_dir, error);  // a failure shows when the lock is taken
  auto lock = store::DirectoryLock::take(config.data_dir);
  if (!lock && lock.error().code != Code::conflict) return std::unexpected(lock.error());
  auto secrets = open_secrets(config);
  if (!secrets) return std::unexpected(secrets.error());
  if (lock) {
    auto store = store::open_sqlite({.file = config.database_path()}, clock);
    if (!store) return std::unexpected(store.error());
    return DataOwner(std::in_place_type<OpenedData>, std::move(*lock), std::move(*secrets),
                     std::move(*store));
  }
  const auto url = store::DirectoryLock::holder_url(config.data_dir);
  if (!url) return fail(Code::conflict, lock.error().message + "; it does not serve yet: try again");
  auto client = ApiClient::make(*url, operator_token((*secrets)->keys()), ApiClient::Trust::this_machine);
  if (!client) return fail(Code::internal, client.error());
  return DataOwner(std::in_place_type<RunningService>, std::move(*client));
}

}  // namespace waypost::app

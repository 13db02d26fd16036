#include <future>

#include "app/application.hpp"
#include "app/config_operations.hpp"
#include "waypost/webhook/signature.hpp"

/// Operations of the operator's own: those of the configuration, and those that were defined while running.
namespace waypost::app {

operation::Registry::Pointer Application::make_custom(operation::CustomOperation custom) {
  const auto sign = [secret = webhook::parse_secret(signing_secret_)](
                        std::string_view id, std::int64_t timestamp, std::string_view body) {
    return webhook::sign(*secret, id, timestamp, body);
  };
  return operation::make_custom(std::move(custom), *egress_, clock_, sign);
}

Result<std::vector<operation::Registry::Pointer>> Application::read_operations(
    const Config& config, const net::EgressPolicy& egress) {
  std::vector<operation::Registry::Pointer> operations;
  for (const auto& [type, definition] : config.operations) {
    std::vector<OperationFault> faults;
    auto custom = read_operation(type, definition, egress, faults);
    const std::string name = "operations.\"" + type + "\"";
    if (!custom) return fail(Code::validation_failed, name + ": " + faults.front().message);
    if (const auto known = operations_->find(type); known && known->kind() == "builtin")
      return fail(Code::conflict, name + ": an operation of this type is built in; choose another name");
    operations.push_back(make_custom(std::move(*custom)));
  }
  return operations;
}

Result<void> Application::add_own_operations() {
  auto configured = read_operations(config_, *egress_);
  if (!configured) return std::unexpected(configured.error());
  operations_->configure(std::move(*configured));
  std::promise<Result<std::vector<store::StoredOperation>>> promise;
  store_->operations().all([&promise](auto stored) { promise.set_value(std::move(stored)); });
  const auto stored = promise.get_future().get();
  if (!stored) return std::unexpected(stored.error());
  for (const auto& operation : *stored)
    if (auto added = restore_operation(operation); !added) return added;
  return {};
}

Result<void> Application::restore_operation(const store::StoredOperation& stored) {
  const auto definition = secrets_->box().unseal(stored.sealed_definition);
  if (!definition) return std::unexpected(definition.error());
  const auto document = json::Document::parse(*definition);
  if (!document) return std::unexpected(document.error());
  std::vector<Fault> faults;
  auto custom = operation::read_definition(stored.type, document->root(), *egress_, faults);
  if (!custom) {
    // Settings that forbid it now must not keep the service from starting.
    log::error("an operation that was defined while running is left out",
               {{"type", stored.type}, {"fault", faults.front().detail}});
    return {};
  }
  if (operations_->is_fixed(stored.type))
    log::warn("an operation that was defined while running gives way to that of the configuration",
              {{"type", stored.type}});
  operations_->put(make_custom(std::move(*custom)));
  return {};
}

}  // namespace waypost::app

#include "api/operations.hpp"
#include "api/audit.hpp"

#include <algorithm>

#include "api/problem.hpp"
#include "waypost/base/text.hpp"
#include "waypost/operation/definition.hpp"
#include "waypost/store/await.hpp"

namespace waypost::api {
namespace {

constexpr Milliseconds name_patience{2000};

void write(json::Writer& out, const operation::Operation& operation) {
  out.begin_object()
      .field("type", operation.type())
      .field("kind", operation.kind())
      .field("description", operation.description())
      .key("schema")
      .raw(operation.schema())
      .end_object();
}

/// The type that the path names, when it is one that may be defined while running.
Result<std::string> type_of(const Call& call) {
  auto type = text::percent_decode(call.arguments[0], false);
  if (!type || !operation::is_operation_type(*type))
    return std::unexpected(
        Error{.code = Code::not_found,
              .message = "an operation's type has 1 to 100 letters, digits, '.', '_' and '-'"});
  const auto known = call.services.operations.find(*type);
  if (known != nullptr && known->kind() == "builtin")
    return fail(Code::conflict, "\"" + *type + "\" is built in and stays as it is");
  if (call.services.operations.is_fixed(*type))
    return fail(Code::conflict, "\"" + *type + "\" is defined in the configuration; change it there");
  return std::move(*type);
}

asio::awaitable<Result<operation::CustomOperation>> read(Call call, std::string type,
                                                         json::Value definition) {
  std::vector<Fault> faults;
  auto custom = operation::read_definition(std::move(type), definition, call.services.egress, faults);
  if (custom) {
    const auto checked = co_await net::check_reachable(custom->url, call.services.egress, name_patience);
    if (!checked && checked.error().code == Code::egress_forbidden)
      faults.push_back({.pointer = "/url", .code = "egress_forbidden", .detail = checked.error().message});
  }
  if (!faults.empty()) co_return std::unexpected(faulty(Code::validation_failed, std::move(faults)));
  co_return std::move(*custom);
}

}  // namespace

asio::awaitable<Reply> list_operations(Call call) {
  if (auto r = no_parameters(call); !r) co_return std::unexpected(r.error());
  std::string body;
  json::Writer out(body);
  out.begin_object().key("data").begin_array();
  for (const auto& operation : call.services.operations.all()) write(out, *operation);
  out.end_array().key("next_cursor").null().end_object();
  co_return json_response(200, std::move(body));
}

asio::awaitable<Reply> put_operation(Call call) {
  if (auto r = no_parameters(call); !r) co_return std::unexpected(r.error());
  const auto type = type_of(call);
  if (!type) co_return std::unexpected(type.error());
  const auto document = json_body(call);
  if (!document) co_return std::unexpected(document.error());
  auto custom = co_await read(call, *type, document->root());
  if (!custom) co_return std::unexpected(custom.error());
  const auto operation = call.services.make_custom(std::move(*custom));
  store::StoredOperation stored{*type, call.services.seal(document->root().raw())};
  const auto fresh = co_await change<bool>(call, [&](auto done) {
    auto note = done.take_note();
    // In the order of the commits, so that what is in force is what is stored.
    auto define = [&operations = call.services.operations, operation,
                   done = std::move(done)](Result<bool> made) mutable {
      if (made) operations.put(operation);
      done(std::move(made));
    };
    call.services.stored_operations.put(std::move(stored), {std::move(define), std::move(note)});
  });
  if (!fresh) co_return std::unexpected(fresh.error());
  std::string body;
  json::Writer out(body);
  write(out, *operation);
  co_return json_response(*fresh ? 201 : 200, std::move(body));
}

asio::awaitable<Reply> delete_operation(Call call) {
  if (auto r = no_parameters(call); !r) co_return std::unexpected(r.error());
  if (auto r = no_body(call); !r) co_return std::unexpected(r.error());
  const auto type = type_of(call);
  if (!type) co_return std::unexpected(type.error());
  const auto removed = co_await change<void>(call, [&](auto done) {
    auto note = done.take_note();
    auto forget = [&operations = call.services.operations, type = *type,
                   done = std::move(done)](Result<void> gone) mutable {
      if (gone) operations.remove(type);
      done(std::move(gone));
    };
    call.services.stored_operations.remove(*type, {std::move(forget), std::move(note)});
  });
  if (!removed) co_return std::unexpected(removed.error());
  co_return net::Response{.status = 204, .content_type = ""};
}

}  // namespace waypost::api

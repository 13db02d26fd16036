#pragma once

#include "api/router.hpp"
#include "waypost/store/await.hpp"

/// The audit trail: GET /v1/audit, and what is written to it.
namespace waypost::api {

asio::awaitable<Reply> list_audit(Call call);

/// What the trail says of this call when it did what it asks for; null when its route is not audited.
/// `made`: the id of what it makes, where the path names nothing.
store::Note note_of(const Call& call, std::string_view made = {});

/// As store::reply, for the write that the call is about: its entry in the trail goes into the same
/// transaction.
template <class T, class Start>
asio::awaitable<Result<T>> change(const Call& call, Start start, std::string_view made = {}) {
  auto result = co_await store::reply<T>(std::move(start), note_of(call, made));
  if (store::has_effect(result)) call.trail.written = true;
  co_return result;
}

/// One step of a change that takes several transactions: the trail has it with the first one.
template <class T, class Start>
asio::awaitable<Result<T>> change_in_steps(const Call& call, Start start) {
  if (call.trail.written) co_return co_await store::reply<T>(std::move(start));
  co_return co_await change<T>(call, std::move(start));
}

/// Sees that the trail has what came of a call of an audited route; durable when it returns. The answer to
/// give: the route's own, or why that could not be written down.
asio::awaitable<Reply> write_down(Call call, Reply reply);

}  // namespace waypost::api

#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <utility>

#include "waypost/base/error.hpp"
#include "waypost/store/audit_entry.hpp"

namespace waypost::store {

/// What a write says of itself in the audit trail; null for nothing.
using Note = std::unique_ptr<const AuditEntry>;

/// Whom a call of the store answers: called exactly once, on a thread of the store; must only pass the answer
/// on. The note of a write becomes part of its transaction when it does something (`has_effect`), so that no
/// crash leaves the one without the other; a read's is ignored.
template <class T>
class Reply {
 public:
  using Answer = std::move_only_function<void(Result<T>)>;

  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, Reply> && std::constructible_from<Answer, F>)
  Reply(F&& answer, Note note = nullptr) : answer_(std::forward<F>(answer)), note_(std::move(note)) {}

  void operator()(Result<T> result) { answer_(std::move(result)); }

  const AuditEntry* note() const { return note_.get(); }
  /// For whoever answers in this one's place.
  Note take_note() { return std::move(note_); }

 private:
  Answer answer_;
  Note note_;
};

/// Whether a write did something: it was not refused, nor was its answer only the repeated one of an
/// Idempotency-Key.
template <class T>
bool has_effect(const Result<T>& result) {
  if constexpr (requires { result->replayed; })
    return result && !result->replayed;
  else
    return result.has_value();
}

}  // namespace waypost::store

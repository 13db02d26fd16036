#pragma once

#include <vector>

#include "waypost/store/job_store.hpp"
#include "waypost/trace/span.hpp"

namespace waypost::trace {

/// The spans that ended with a change: of the attempt, and of the job. None when the job is not traced.
std::vector<Span> spans_of(const store::Change& change);

}  // namespace waypost::trace

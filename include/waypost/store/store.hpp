#pragma once

#include "waypost/store/history_store.hpp"
#include "waypost/store/job_store.hpp"

namespace waypost::store {

/// Everything that one back end keeps; users take the interface of the subject they need.
class Store : public JobStore, public HistoryStore {};

}  // namespace waypost::store

#include "waypost/store/webhook_store.hpp"

#include <algorithm>

namespace waypost::store {
namespace {

bool names(const std::vector<std::string>& wanted, const std::string& value) {
  return wanted.empty() || std::ranges::find(wanted, value) != wanted.end();
}

bool has_tags(const job::Job& job, const std::map<std::string, std::string>& wanted) {
  return std::ranges::all_of(wanted, [&job](const auto& tag) {
    const auto found = job.spec.tags.find(tag.first);
    return found != job.spec.tags.end() && found->second == tag.second;
  });
}

}  // namespace

bool hears(const Endpoint& endpoint, const job::Job& job, job::Notice notice) {
  return endpoint.tenant == job.spec.tenant && !endpoint.disabled &&
         std::ranges::find(endpoint.events, notice) != endpoint.events.end() &&
         names(endpoint.filter.types, job.spec.type) && names(endpoint.filter.queues, job.spec.queue) &&
         has_tags(job, endpoint.filter.tags);
}

}  // namespace waypost::store

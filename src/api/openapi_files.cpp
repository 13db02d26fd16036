#include "api/openapi_files.hpp"

#include <array>

#include "waypost/base/embed.hpp"

WAYPOST_EMBED(openapi_common, WAYPOST_OPENAPI "/common.json")
WAYPOST_EMBED(openapi_lookups, WAYPOST_OPENAPI "/lookups.json")
WAYPOST_EMBED(openapi_compatible, WAYPOST_OPENAPI "/compatible.json")
WAYPOST_EMBED(openapi_compatible_shapes, WAYPOST_OPENAPI "/compatible_shapes.json")
WAYPOST_EMBED(openapi_jobs, WAYPOST_OPENAPI "/jobs.json")
WAYPOST_EMBED(openapi_job_shapes, WAYPOST_OPENAPI "/job_shapes.json")
WAYPOST_EMBED(openapi_batches, WAYPOST_OPENAPI "/batches.json")
WAYPOST_EMBED(openapi_webhooks, WAYPOST_OPENAPI "/webhooks.json")
WAYPOST_EMBED(openapi_events, WAYPOST_OPENAPI "/events.json")
WAYPOST_EMBED(openapi_operating, WAYPOST_OPENAPI "/operating.json")
WAYPOST_EMBED(openapi_system, WAYPOST_OPENAPI "/system.json")
WAYPOST_EMBED(docs_page, WAYPOST_OPENAPI "/docs.html")
WAYPOST_EMBED(docs_script, WAYPOST_OPENAPI "/docs.js")
WAYPOST_EMBED(docs_style, WAYPOST_OPENAPI "/docs.css")

namespace waypost::api::openapi_files {

std::span<const std::string_view> parts() {
  static const std::array<std::string_view, 11> all{{
      {waypost_openapi_common_begin, waypost_openapi_common_end},
      {waypost_openapi_lookups_begin, waypost_openapi_lookups_end},
      {waypost_openapi_compatible_begin, waypost_openapi_compatible_end},
      {waypost_openapi_compatible_shapes_begin, waypost_openapi_compatible_shapes_end},
      {waypost_openapi_jobs_begin, waypost_openapi_jobs_end},
      {waypost_openapi_job_shapes_begin, waypost_openapi_job_shapes_end},
      {waypost_openapi_batches_begin, waypost_openapi_batches_end},
      {waypost_openapi_webhooks_begin, waypost_openapi_webhooks_end},
      {waypost_openapi_events_begin, waypost_openapi_events_end},
      {waypost_openapi_operating_begin, waypost_openapi_operating_end},
      {waypost_openapi_system_begin, waypost_openapi_system_end},
  }};
  return all;
}

std::string_view page() {
  return {waypost_docs_page_begin, waypost_docs_page_end};
}
std::string_view script() {
  return {waypost_docs_script_begin, waypost_docs_script_end};
}
std::string_view style() {
  return {waypost_docs_style_begin, waypost_docs_style_end};
}

}  // namespace waypost::api::openapi_files

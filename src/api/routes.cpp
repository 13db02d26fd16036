#include "api/batches.hpp"
#include "api/bulk.hpp"
#include "api/events.hpp"
#include "api/gazetteer.hpp"
#include "api/google.hpp"
#include "api/health.hpp"
#include "api/jobs.hpp"
#include "api/keys.hpp"
#include "api/lookups.hpp"
#include "api/manifests.hpp"
#include "api/operations.hpp"
#include "api/queues.hpp"
#include "api/router.hpp"
#include "api/system.hpp"
#include "api/webhook_endpoints.hpp"

namespace waypost::api {
namespace {

using enum auth::Scope;
constexpr std::string_view json = "application/json";
constexpr std::string_view geojson = "application/geo+json application/json";
constexpr std::string_view any = "";

constexpr Route table[] = {
    {"GET", "/maps/api/geocode/json", any, Body::none, google_geocode_json, lookup},
    {"GET", "/maps/api/geocode/xml", any, Body::none, google_geocode_xml, lookup},
    {"GET", "/v1/geocode", geojson, Body::none, native_geocode, lookup},
    {"GET", "/v1/reverse", geojson, Body::none, native_reverse, lookup},
    {"GET", "/v1/places/{id}", geojson, Body::none, native_place, lookup},
    {"GET", "/v1/autocomplete", geojson, Body::none, native_autocomplete, lookup},
    {"GET", "/v1/gazetteer", json, Body::none, gazetteer, lookup},

    // Photon's and Nominatim's clients; some end the path with a slash.
    {"GET", "/api", any, Body::none, photon_search, lookup},
    {"GET", "/api/", any, Body::none, photon_search, lookup},
    {"GET", "/reverse", any, Body::none, photon_or_nominatim_reverse, lookup},
    {"GET", "/reverse/", any, Body::none, photon_or_nominatim_reverse, lookup},
    {"GET", "/search", any, Body::none, nominatim_search, lookup},
    {"GET", "/search/", any, Body::none, nominatim_search, lookup},
    {"GET", "/lookup", any, Body::none, nominatim_lookup, lookup},
    {"GET", "/status", any, Body::none, nominatim_status, lookup},

    {"POST", "/v1/jobs", json, Body::manifest, post_job, jobs_write},
    {"GET", "/v1/jobs", json, Body::none, list_jobs, jobs_read},
    {"POST", "/v1/jobs/bulk", json, Body::bulk, post_bulk, jobs_write},
    {"POST", "/v1/jobs/cancel", json, Body::json, cancel_jobs, jobs_write},
    {"POST", "/v1/jobs/retry", json, Body::json, retry_jobs, jobs_write},
    {"GET", "/v1/jobs/{id}", json, Body::none, get_job, jobs_read},
    {"PATCH", "/v1/jobs/{id}", json, Body::json, patch_job, jobs_write},
    {"DELETE", "/v1/jobs/{id}", any, Body::none, delete_job, jobs_write},
    {"GET", "/v1/jobs/{id}/result", any, Body::none, get_result, jobs_read},
    {"GET", "/v1/jobs/{id}/attempts", json, Body::none, get_attempts, jobs_read},
    {"GET", "/v1/jobs/{id}/report", "text/csv application/x-ndjson application/json", Body::none, get_report,
     jobs_read},
    {"GET", "/v1/jobs/{id}/events", "text/event-stream application/json", Body::none, get_events, jobs_read},
    {"GET", "/v1/jobs/{id}/explain", json, Body::none, explain_job, jobs_read},
    {"POST", "/v1/jobs/{id}/cancel", json, Body::json, cancel_job, jobs_write},
    {"POST", "/v1/jobs/{id}/pause", json, Body::json, pause_job, jobs_write},
    {"POST", "/v1/jobs/{id}/resume", json, Body::json, resume_job, jobs_write},
    {"POST", "/v1/jobs/{id}/confirm", json, Body::json, confirm_job, jobs_write},
    {"POST", "/v1/jobs/{id}/retry", json, Body::json, retry_job, jobs_write},

    {"POST", "/v1/manifests", json, Body::manifest, post_manifest, jobs_write},
    {"GET", "/v1/manifests", json, Body::none, list_manifests, jobs_read},
    {"GET", "/v1/manifests/{id}", json, Body::none, get_manifest, jobs_read},
    {"DELETE", "/v1/manifests/{id}", json, Body::none, delete_manifest, jobs_write},

    {"GET", "/v1/stats", json, Body::none, stats, jobs_read},
    {"GET", "/v1/queues", json, Body::none, queues, jobs_read},
    {"PATCH", "/v1/queues/{name}", json, Body::json, patch_queue, jobs_write},

    {"GET", "/v1/operations", json, Body::none, list_operations, jobs_read},
    {"PUT", "/v1/operations/{type}", json, Body::json, put_operation, admin},
    {"DELETE", "/v1/operations/{type}", any, Body::none, delete_operation, admin},

    // An endpoint's headers may hold secrets: to read it takes what it takes to make it.
    {"POST", "/v1/webhook-endpoints", json, Body::json, post_endpoint, jobs_write},
    {"GET", "/v1/webhook-endpoints", json, Body::none, list_endpoints, jobs_write},
    {"GET", "/v1/webhook-endpoints/{id}", json, Body::none, get_endpoint, jobs_write},
    {"PATCH", "/v1/webhook-endpoints/{id}", json, Body::json, patch_endpoint, jobs_write},
    {"DELETE", "/v1/webhook-endpoints/{id}", any, Body::none, delete_endpoint, jobs_write},
    {"POST", "/v1/webhook-endpoints/{id}/rotate-secret", json, Body::json, rotate_secret, jobs_write},
    {"POST", "/v1/webhook-endpoints/{id}/test", json, Body::json, test_endpoint, jobs_write},
    {"GET", "/v1/webhook-endpoints/{id}/deliveries", json, Body::none, list_deliveries, jobs_read},
    {"POST", "/v1/webhook-endpoints/{id}/replay", json, Body::json, replay, jobs_write},
    {"POST", "/v1/deliveries/{id}/redeliver", json, Body::json, redeliver, jobs_write},

    {"POST", "/v1/api-keys", json, Body::json, create_key, admin},
    {"GET", "/v1/api-keys", json, Body::none, list_keys, admin},
    {"GET", "/v1/api-keys/{id}", json, Body::none, get_key, admin},
    {"DELETE", "/v1/api-keys/{id}", json, Body::none, revoke_key, admin},

    {"GET", "/healthz", any, Body::none, healthz, Needs::nothing()},
    {"GET", "/livez", any, Body::none, livez, Needs::nothing()},
    {"GET", "/readyz", any, Body::none, readyz, Needs::nothing()},
    {"GET", "/metrics", any, Body::none, metrics, jobs_read},
};

}  // namespace

std::span<const Route> routes() {
  return table;
}

}  // namespace waypost::api

#include "api/batches.hpp"
#include "api/bulk.hpp"
#include "api/events.hpp"
#include "api/gazetteer.hpp"
#include "api/google.hpp"
#include "api/jobs.hpp"
#include "api/lookups.hpp"
#include "api/manifests.hpp"
#include "api/router.hpp"
#include "api/system.hpp"

namespace waypost::api {
namespace {

constexpr std::string_view json = "application/json";
constexpr std::string_view geojson = "application/geo+json application/json";
constexpr std::string_view any = "";

constexpr Route table[] = {
    {"GET", "/maps/api/geocode/json", any, Body::none, google_geocode_json},
    {"GET", "/maps/api/geocode/xml", any, Body::none, google_geocode_xml},
    {"GET", "/v1/geocode", geojson, Body::none, native_geocode},
    {"GET", "/v1/autocomplete", geojson, Body::none, native_autocomplete},
    {"GET", "/v1/reverse", geojson, Body::none, native_reverse},
    {"GET", "/v1/places/{id}", geojson, Body::none, native_place},
    {"GET", "/v1/gazetteer", json, Body::none, gazetteer},
    // Photon's and Nominatim's clients; some end the path with a slash.
    {"GET", "/api", any, Body::none, photon_search},
    {"GET", "/api/", any, Body::none, photon_search},
    {"GET", "/reverse", any, Body::none, photon_or_nominatim_reverse},
    {"GET", "/reverse/", any, Body::none, photon_or_nominatim_reverse},
    {"GET", "/search", any, Body::none, nominatim_search},
    {"GET", "/search/", any, Body::none, nominatim_search},
    {"GET", "/lookup", any, Body::none, nominatim_lookup},
    {"GET", "/status", any, Body::none, nominatim_status},

    {"POST", "/v1/jobs", json, Body::manifest, post_job},
    {"GET", "/v1/jobs", json, Body::none, list_jobs},
    {"POST", "/v1/jobs/bulk", json, Body::bulk, post_bulk},
    {"POST", "/v1/jobs/cancel", json, Body::json, cancel_jobs},
    {"POST", "/v1/jobs/retry", json, Body::json, retry_jobs},
    {"GET", "/v1/jobs/{id}", json, Body::none, get_job},
    {"DELETE", "/v1/jobs/{id}", any, Body::none, delete_job},
    {"GET", "/v1/jobs/{id}/result", any, Body::none, get_result},
    {"GET", "/v1/jobs/{id}/attempts", json, Body::none, get_attempts},
    {"GET", "/v1/jobs/{id}/report", "text/csv application/x-ndjson application/json", Body::none, get_report},
    {"GET", "/v1/jobs/{id}/events", "text/event-stream application/json", Body::none, get_events},
    {"POST", "/v1/jobs/{id}/cancel", json, Body::json, cancel_job},
    {"POST", "/v1/jobs/{id}/retry", json, Body::json, retry_job},

    {"POST", "/v1/manifests", json, Body::manifest, post_manifest},
    {"GET", "/v1/manifests", json, Body::none, list_manifests},
    {"GET", "/v1/manifests/{id}", json, Body::none, get_manifest},
    {"DELETE", "/v1/manifests/{id}", json, Body::none, delete_manifest},

    {"GET", "/v1/stats", json, Body::none, stats},
    {"GET", "/v1/queues", json, Body::none, queues},
    {"GET", "/v1/operations", json, Body::none, operations},

    {"GET", "/healthz", any, Body::none, healthz},
    {"GET", "/readyz", any, Body::none, readyz},
    {"GET", "/metrics", any, Body::none, metrics},
};

}  // namespace

std::span<const Route> routes() {
  return table;
}

}  // namespace waypost::api

#pragma once

#include "api/call.hpp"
#include "waypost/batch/manifest.hpp"

/// Manifests that come with a request.
namespace waypost::api {

/// A manifest on disk that nothing in the store knows yet. What a crash leaves of it is deleted at the next
/// start; whoever does not go on with it drops it.
struct Upload {
  Ulid ulid;
  std::string id;  ///< "man_…", of that ULID
  batch::ManifestFacts facts;
};

/// Whether the request carries a manifest for its body: its media type says so.
bool is_manifest(const net::RequestHead& head);

/// Streams the body to disk; at most one piece of it is in memory.
asio::awaitable<Result<Upload>> store_body(Call call);
/// Writes rows that stand in a JSON body.
asio::awaitable<Result<Upload>> store_rows(Call call, json::Value rows);
asio::awaitable<void> drop(Call call, std::string id);

}  // namespace waypost::api

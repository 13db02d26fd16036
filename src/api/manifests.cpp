#include "api/manifests.hpp"
#include "api/audit.hpp"

#include "api/paging.hpp"
#include "api/submit.hpp"
#include "api/upload.hpp"
#include "waypost/store/await.hpp"

namespace waypost::api {
namespace {

constexpr std::string_view path = "/v1/manifests/";

store::StoredManifest stored(const Upload& upload, Tenant tenant, Time now, Seconds retain) {
  const batch::ManifestFacts& facts = upload.facts;
  return {.ulid = upload.ulid,
          .tenant = tenant,
          .format = std::string(batch::to_string(facts.format)),
          .rows = static_cast<std::int64_t>(facts.rows),
          .bytes = static_cast<std::int64_t>(facts.bytes),
          .chunks = static_cast<std::int64_t>(facts.chunks),
          .etag = facts.etag,
          .columns = facts.columns,
          .created_at = now,
          .expires_at = now + retain};
}

void write(json::Writer& out, const store::StoredManifest& manifest) {
  out.begin_object()
      .field("id", manifest.id())
      .field("format", manifest.format)
      .field("rows", manifest.rows)
      .field("bytes", manifest.bytes)
      .field("etag", manifest.etag)
      .key("columns")
      .begin_array();
  for (const std::string& column : manifest.columns) out.string(column);
  out.end_array()
      .field("created_at", to_rfc3339(manifest.created_at))
      .field("expires_at", to_rfc3339(manifest.expires_at))
      .key("links")
      .begin_object()
      .field("self", std::string(path) + manifest.id())
      .end_object()
      .end_object();
}

std::string body_of(const store::StoredManifest& manifest) {
  std::string body;
  json::Writer out(body);
  write(out, manifest);
  return body;
}

Result<store::OwnedId> manifest_id(const Call& call) {
  if (const auto id = parse_id(job::manifest_prefix, call.arguments[0]))
    return store::OwnedId(*id, call.principal.tenant);
  return fail(Code::not_found, "there is no manifest " + std::string(call.arguments[0].substr(0, 64)));
}

}  // namespace

asio::awaitable<Reply> post_manifest(Call call) {
  if (auto r = no_parameters(call); !r) co_return std::unexpected(r.error());
  if (call.request.stream == nullptr)
    co_return fail(Code::unsupported_media_type,
                   "a manifest is sent as Content-Type: text/csv or application/x-ndjson, gzip or plain");
  const auto key = idempotency_key(call.request.head);
  if (!key) co_return std::unexpected(key.error());
  const auto upload = co_await store_body(call);
  if (!upload) co_return std::unexpected(upload.error());
  const auto manifest =
      stored(*upload, call.principal.tenant, call.services.clock.now(), call.services.settings.retain.load());
  store::StoredAnswer created{201, body_of(manifest), std::string(path) + manifest.id()};
  std::optional<store::IdempotencyKey> idempotency;
  if (!key->empty()) idempotency = keep_under(call, *key, fingerprint(call.request.head, manifest.etag));
  const auto added = co_await store::reply<store::Submitted>([&](auto done) {
    call.services.stored_manifests.add(manifest, idempotency, created, std::move(done));
  });
  if (!added || added->replayed) co_await drop(call, upload->id);
  if (!added) co_return std::unexpected(added.error());
  if (!added->replayed) call.services.keeper.look();  // it knows of one more whose time will come
  co_return answer_of(*added, created);
}

asio::awaitable<Reply> list_manifests(Call call) {
  const auto parameters = parse_query(call.request.head.query);
  if (!parameters) co_return std::unexpected(parameters.error());
  const auto query = read_page(*parameters);
  if (!query) co_return std::unexpected(query.error());
  const auto page = co_await store::reply<store::ManifestStore::Page>([&](auto done) {
    call.services.stored_manifests.list(
        {.tenant = call.principal.tenant, .after = query->after, .limit = query->limit}, std::move(done));
  });
  if (!page) co_return std::unexpected(page.error());
  std::string data;
  json::Writer out(data);
  out.begin_array();
  for (const auto& manifest : page->manifests) write(out, manifest);
  out.end_array();
  co_return page_response(call, *parameters, data, page->next);
}

asio::awaitable<Reply> get_manifest(Call call) {
  if (auto r = no_parameters(call); !r) co_return std::unexpected(r.error());
  const auto id = manifest_id(call);
  if (!id) co_return std::unexpected(id.error());
  const auto manifest = co_await store::reply<store::StoredManifest>(
      [&](auto done) { call.services.stored_manifests.get(*id, std::move(done)); });
  if (!manifest) co_return std::unexpected(manifest.error());
  net::Response response = json_response(200, body_of(*manifest));
  const std::string etag = "\"" + manifest->etag + "\"";
  response.fields.push_back({"ETag", etag});
  if (none_match(call.request.head, etag)) {
    response.status = 304;
    response.body.clear();
  }
  co_return response;
}

asio::awaitable<Reply> delete_manifest(Call call) {
  if (auto r = no_parameters(call); !r) co_return std::unexpected(r.error());
  if (auto r = no_body(call); !r) co_return std::unexpected(r.error());
  const auto id = manifest_id(call);
  if (!id) co_return std::unexpected(id.error());
  const auto removed = co_await change<void>(
      call, [&](auto done) { call.services.stored_manifests.remove(*id, std::move(done)); });
  if (!removed) co_return std::unexpected(removed.error());
  call.services.keeper.look();
  co_return net::Response{.status = 204, .content_type = ""};
}

}  // namespace waypost::api

#include "api/upload.hpp"

#include <algorithm>

#include "waypost/base/log.hpp"
#include "waypost/net/offload.hpp"

namespace waypost::api {
namespace {

constexpr std::string_view csv_type = "text/csv";
constexpr std::string_view ndjson_type = "application/x-ndjson";

asio::awaitable<Result<batch::ManifestWriter>> open_writer(const Services& services,
                                                           batch::ManifestFormat format) {
  const std::string id = format_id(job::manifest_prefix, make_ulid(services.clock.now()));
  auto create = [&] {
    return batch::ManifestWriter::create(services.manifests, id, format,
                                         {.max_bytes = services.settings.max_manifest_bytes});
  };
  co_return co_await net::offload(services.disk, create);
}

/// What it belongs to comes to be now, after an upload that may have taken long: its id is of now.
asio::awaitable<Result<Upload>> finish(const Services& services, batch::ManifestWriter& writer) {
  Upload upload{.ulid = make_ulid(services.clock.now())};
  upload.id = format_id(job::manifest_prefix, upload.ulid);
  auto finish = [&] { return writer.finish_as(upload.id); };
  auto facts = co_await net::offload(services.disk, finish);
  if (!facts) co_return std::unexpected(facts.error());
  upload.facts = std::move(*facts);
  co_return upload;
}

/// A JSON value on one line: a line end in it can only stand between tokens.
std::string as_line(json::Value value) {
  std::string line(value.raw());
  std::ranges::replace_if(line, [](char c) { return c == '\n' || c == '\r'; }, ' ');
  line += '\n';
  return line;
}

}  // namespace

bool is_manifest(const net::RequestHead& head) {
  const auto type = media_type(head);
  return type == csv_type || type == ndjson_type;
}

asio::awaitable<Result<Upload>> store_body(Call call) {
  const auto format =
      media_type(call.request.head) == csv_type ? batch::ManifestFormat::csv : batch::ManifestFormat::ndjson;
  auto writer = co_await open_writer(call.services, format);
  if (!writer) co_return std::unexpected(writer.error());
  for (;;) {
    const auto piece = co_await call.request.stream->read();
    if (!piece) co_return std::unexpected(piece.error());
    if (piece->empty()) break;
    auto append = [&] { return writer->append(*piece); };
    const auto appended = co_await net::offload(call.services.disk, append);
    if (!appended) co_return std::unexpected(appended.error());
  }
  co_return co_await finish(call.services, *writer);
}

asio::awaitable<Result<Upload>> store_rows(Call call, json::Value rows) {
  auto writer = co_await open_writer(call.services, batch::ManifestFormat::ndjson);
  if (!writer) co_return std::unexpected(writer.error());
  auto append = [&]() -> Result<void> {
    for (const auto row : rows.children())
      if (auto appended = writer->append(as_line(row)); !appended) return appended;
    return {};
  };
  const auto appended = co_await net::offload(call.services.disk, append);
  if (!appended) co_return std::unexpected(appended.error());
  co_return co_await finish(call.services, *writer);
}

asio::awaitable<void> drop(Call call, std::string id) {
  auto remove = [&] { return batch::Manifest::remove(call.services.manifests, id); };
  const auto removed = co_await net::offload(call.services.disk, remove);
  if (!removed)
    log::warn("a manifest could not be deleted", {{"manifest", id}, {"error", removed.error().message}});
}

}  // namespace waypost::api

#include "api/gazetteer.hpp"

namespace waypost::api {
namespace {

void write_source(json::Writer& out, const geo::SourceInfo& source) {
  out.begin_object()
      .field("name", source.name)
      .field("format", source.kind)
      .field("version", source.version)
      .key("imported_at");
  if (source.imported_at.empty())
    out.null();
  else
    out.string(source.imported_at);
  out.field("rows", static_cast<std::int64_t>(source.rows))
      .field("licence", source.licence)
      .field("attribution", source.attribution)
      .end_object();
}

}  // namespace

asio::awaitable<Reply> gazetteer(Call call) {
  if (auto r = no_parameters(call); !r) co_return std::unexpected(r.error());
  const auto current = call.services.catalog.current();
  if (!current) co_return fail(Code::not_found, "no gazetteer is loaded");
  const auto info = current->info();
  std::string body;
  json::Writer out(body);
  out.begin_object().key("sources").begin_array();
  for (const auto& source : info.sources) write_source(out, source);
  out.end_array()
      .field("places", static_cast<std::int64_t>(info.places))
      .field("names", static_cast<std::int64_t>(info.names))
      .field("streets", static_cast<std::int64_t>(info.streets))
      .field("houses", static_cast<std::int64_t>(info.houses))
      .field("index_bytes", static_cast<std::int64_t>(info.bytes))
      .end_object();
  co_return json_response(200, std::move(body));
}

}  // namespace waypost::api

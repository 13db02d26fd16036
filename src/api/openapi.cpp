#include "api/openapi.hpp"

#include "api/openapi_document.hpp"
#include "api/openapi_files.hpp"
#include "waypost/base/sha256.hpp"

namespace waypost::api {
namespace {

std::string etag_of(std::string_view content) {
  constexpr std::size_t enough = 32;  // digits
  return '"' + Sha256().update(content).hex().substr(0, enough) + '"';
}

/// What never changes while the program runs, and is asked for again only when that does.
net::Response fixed(const Call& call, std::string_view content_type, std::string_view content,
                    const std::string& etag) {
  net::Response response{.content_type = content_type};
  response.fields.push_back({"ETag", etag});
  response.fields.push_back({"Cache-Control", "no-cache"});
  if (none_match(call.request.head, etag))
    response.status = 304;
  else
    response.body = content;
  return response;
}

}  // namespace

const std::string& openapi_document() {
  static const std::string document = make_openapi_document();
  return document;
}

asio::awaitable<Reply> openapi(Call call) {
  static const std::string etag = etag_of(openapi_document());
  auto response = fixed(call, "application/json", openapi_document(), etag);
  response.fields.push_back({"Access-Control-Allow-Origin", "*"});
  co_return response;
}

asio::awaitable<Reply> docs(Call call) {
  static const std::string etag = etag_of(openapi_files::page());
  auto response = fixed(call, "text/html; charset=utf-8", openapi_files::page(), etag);
  response.fields.push_back({"Content-Security-Policy",
                             "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
                             "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"});
  response.fields.push_back({"X-Content-Type-Options", "nosniff"});
  response.fields.push_back({"Referrer-Policy", "no-referrer"});
  co_return response;
}

asio::awaitable<Reply> docs_script(Call call) {
  static const std::string etag = etag_of(openapi_files::script());
  co_return fixed(call, "text/javascript; charset=utf-8", openapi_files::script(), etag);
}

asio::awaitable<Reply> docs_style(Call call) {
  static const std::string etag = etag_of(openapi_files::style());
  co_return fixed(call, "text/css; charset=utf-8", openapi_files::style(), etag);
}

}  // namespace waypost::api

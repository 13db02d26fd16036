#pragma once

#include "api/call.hpp"

/// The API's description of itself (OpenAPI 3.1) and the page that shows it. It is written in
/// src/api/openapi/*.json, one file for each subject; what follows from the table of routes and the table of
/// error codes is added here, so that it cannot differ from them.
namespace waypost::api {

asio::awaitable<Reply> openapi(Call call);
asio::awaitable<Reply> docs(Call call);
asio::awaitable<Reply> docs_script(Call call);
asio::awaitable<Reply> docs_style(Call call);

/// The description as it is served. Made at the first call; any thread.
const std::string& openapi_document();

}  // namespace waypost::api

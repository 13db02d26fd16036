#include "api/openapi_document.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "api/google.hpp"
#include "api/openapi_files.hpp"
#include "api/router.hpp"
#include "waypost/base/text.hpp"

namespace waypost::api {
namespace {

using Json = nlohmann::ordered_json;  // in the order of the files: a person reads it
using Codes = std::vector<Code>;

constexpr const char* our_field = "x-problems";  // of an operation in the files: the codes it may answer with

/// Objects grow together, all else is appended.
void merge(Json& into, const Json& part) {
  for (const auto& [name, value] : part.items()) {
    if (!into.contains(name))
      into[name] = value;
    else if (value.is_object())
      merge(into[name], value);
    else
      throw std::logic_error("openapi: " + name + " stands in two files");
  }
}

Json reference(std::string_view kind, std::string_view name) {
  return {{"$ref", "#/components/" + std::string(kind) + "/" + std::string(name)}};
}

Code code_named(const std::string& name) {
  for (int i = 0; i <= std::to_underlying(Code::insufficient_storage); ++i)
    if (describe(static_cast<Code>(i)).name == name) return static_cast<Code>(i);
  throw std::logic_error("openapi: there is no error code " + name);
}

/// The problems that a route of this row can answer with, whatever else it does.
Codes problems_of(const Route& route) {
  Codes codes{Code::internal, Code::overloaded, Code::draining, Code::malformed_request,
              Code::payload_too_large};
  const auto add = [&codes](std::initializer_list<Code> more) { codes.insert(codes.end(), more); };
  if (route.needs.scope())
    add({Code::invalid_parameter, Code::unauthenticated, Code::forbidden, Code::rate_limited});
  if (!route.produces.empty()) add({Code::not_acceptable});
  if (route.body != Body::none) add({Code::invalid_json, Code::unsupported_media_type});
  return codes;
}

/// Describes the routes one after the other.
class Describer {
 public:
  explicit Describer(Json document) : document_(std::move(document)) {}

  void add(const Route& route) {
    Json& operation = operation_of(route);
    secure(operation, route);
    std::map<std::string, Json> responses;  // in the order of their status
    for (auto& [status, response] : operation.at("responses").items()) {
      add_headers(resolved(response), route);
      responses.emplace(status, std::move(response));
    }
    for (const auto& [status, codes] : by_status(operation, route)) add_problem(responses, status, codes);
    // What HTTP itself refuses, before there is a route.
    responses.emplace("default", problem({Code::malformed_request, Code::request_timeout, Code::uri_too_long,
                                          Code::headers_too_large}));
    Json& all = operation["responses"] = Json::object();
    for (auto& [status, response] : responses) all[status] = std::move(response);
    operation.erase(our_field);
  }

  Json take() { return std::move(document_); }

 private:
  Json& operation_of(const Route& route) {
    std::string method = text::lower_ascii(route.method);
    const auto path = document_.at("paths").find(std::string(route.path));
    if (path == document_.at("paths").end() || !path->contains(method))
      throw std::logic_error("openapi: " + std::string(route.method) + " " + std::string(route.path) +
                             " is not described");
    return (*path)[method];
  }

  static void secure(Json& operation, const Route& route) {
    Json& security = operation["security"] = Json::array();
    const auto scope = route.needs.scope();
    if (!scope) return;
    // OpenAPI lets only OAuth's schemes name scopes here, so the scope stands beside it.
    security.push_back({{"bearer", Json::array()}});
    if (is_google(route.path)) security.push_back({{"key", Json::array()}});
    operation["x-required-scope"] = std::string(auth::to_string(*scope));
  }

  Json& resolved(Json& value) {
    const auto pointer = value.find("$ref");
    if (pointer == value.end()) return value;
    return document_.at(Json::json_pointer(pointer->get<std::string>().substr(1)));
  }

  static void add_headers(Json& response, const Route& route) {
    Json& headers = response["headers"];
    headers["X-Request-Id"] = reference("headers", "X-Request-Id");
    if (!route.needs.scope()) return;
    headers["RateLimit"] = reference("headers", "RateLimit");
    headers["RateLimit-Policy"] = reference("headers", "RateLimit-Policy");
  }

  static std::map<int, Codes> by_status(const Json& operation, const Route& route) {
    std::map<int, Codes> sorted;
    if (is_google(route.path)) return sorted;  // whose errors are Google's
    Codes codes = problems_of(route);
    for (const auto& name : operation.value(our_field, Json::array())) codes.push_back(code_named(name));
    std::ranges::sort(codes);
    codes.erase(std::ranges::unique(codes).begin(), codes.end());
    for (const Code code : codes) sorted[describe(code).status].push_back(code);
    return sorted;
  }

  void add_problem(std::map<std::string, Json>& responses, int status, const Codes& codes) {
    const Json shared = problem(codes);
    const auto [place, fresh] = responses.emplace(std::to_string(status), shared);
    if (fresh) return;
    const Json& content = document_.at(Json::json_pointer(shared.at("$ref").get<std::string>().substr(1)));
    merge(resolved(place->second).at("content"), content.at("content"));
  }

  /// A reference to the response that says one of these.
  Json problem(const Codes& codes) {
    std::string name, titles;
    Json names = Json::array();
    for (const Code code : codes) {
      const CodeFacts& facts = describe(code);
      name += (name.empty() ? "" : ".") + std::string(facts.name);
      titles += (titles.empty() ? "" : "; ") + std::string(facts.title);
      names.push_back(std::string(facts.name));
    }
    Json& response = document_["components"]["responses"][name];
    if (response.is_null()) {
      const Json narrowed{{"properties", {{"code", {{"enum", names}}}}}};
      response["description"] = titles + ".";
      response["headers"] = headers_of(codes);
      response["content"]["application/problem+json"]["schema"]["allOf"] =
          Json::array({reference("schemas", "Problem"), narrowed});
    }
    return reference("responses", name);
  }

  /// What some problems come with.
  static Json headers_of(const Codes& codes) {
    static constexpr std::pair<Code, const char*> table[] = {
        {Code::unauthenticated, "WWW-Authenticate"},
        {Code::forbidden, "WWW-Authenticate"},
        {Code::rate_limited, "Retry-After"},
        {Code::overloaded, "Retry-After"},
        {Code::draining, "Retry-After"},
        {Code::idempotency_in_progress, "Retry-After"},
        {Code::unsupported_media_type, "Accept-Encoding"},
        {Code::range_not_satisfiable, "Content-Range"}};
    Json headers{{"X-Request-Id", reference("headers", "X-Request-Id")}};
    for (const auto& [code, name] : table)
      if (std::ranges::find(codes, code) != codes.end()) headers[name] = reference("headers", name);
    return headers;
  }

  Json document_;
};

}  // namespace

std::string make_openapi_document() {
  Json document = Json::object();
  for (const auto part : openapi_files::parts()) merge(document, Json::parse(part));
  document["info"]["version"] = WAYPOST_VERSION;
  Describer describer(std::move(document));
  for (const Route& route : routes())
    if (!route.path.ends_with('/')) describer.add(route);  // with a slash it is another route's second name
  return describer.take().dump();
}

}  // namespace waypost::api

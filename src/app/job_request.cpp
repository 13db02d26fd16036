#include "app/job_request.hpp"

#include "waypost/base/json.hpp"
#include "waypost/base/text.hpp"

namespace waypost::app {
namespace {

struct Assignment {
  std::string name;   ///< dotted
  std::string value;  ///< as typed
};

bool is_json(std::string_view text) {
  return json::Document::parse(text).has_value();
}

std::string json_string(std::string_view text) {
  std::string out;
  json::Writer(out).string(text);
  return out;
}

std::expected<std::vector<Assignment>, std::string> read_fields(const SubmitArguments& arguments) {
  std::vector<Assignment> out;
  if (arguments.priority) out.push_back({"priority", std::to_string(*arguments.priority)});
  if (arguments.webhook) out.push_back({"webhook.url", *arguments.webhook});
  for (const std::string& field : arguments.fields) {
    const std::size_t equals = field.find('=');
    if (equals == std::string::npos || equals == 0) {
      return std::unexpected(fmt::format("--field {} must be NAME=VALUE, such as max_attempts=3", field));
    }
    out.push_back({field.substr(0, equals), field.substr(equals + 1)});
  }
  return out;
}

/// The members of a JSON object in the making, by dotted names.
struct Tree {
  std::string name;
  std::string leaf;
  std::vector<Tree> members;

  Tree& member(std::string_view wanted) {
    const auto found = std::ranges::find(members, wanted, &Tree::name);
    if (found != members.end()) return *found;
    return members.emplace_back(Tree{.name = std::string(wanted)});
  }

  void write(json::Writer& writer) const {
    if (!leaf.empty()) {
      writer.raw(leaf);
      return;
    }
    writer.begin_object();
    for (const Tree& one : members) {
      writer.key(one.name);
      one.write(writer);
    }
    writer.end_object();
  }
};

/// Puts `json` at the dotted name; false when something else stands there or above it.
bool put(Tree& tree, std::string_view name, std::string json) {
  Tree* at = &tree;
  for (const std::string_view segment : text::split(name, '.')) {
    if (!at->leaf.empty()) return false;
    at = &at->member(segment);
  }
  if (!at->leaf.empty() || !at->members.empty()) return false;
  at->leaf = std::move(json);
  return true;
}

/// In a query a tag is `tag.NAME`; in a body it is a member of `tags`, whose name may hold dots.
bool put_field(Tree& tree, const Assignment& field) {
  if (field.name.starts_with("tag.")) {
    Tree& tag = tree.member("tags").member(std::string_view(field.name).substr(4));
    if (!tag.leaf.empty()) return false;
    tag.leaf = json_string(field.value);
    return true;
  }
  return put(tree, field.name, is_json(field.value) ? field.value : json_string(field.value));
}

std::expected<ApiRequest, std::string> make_job(const SubmitArguments& arguments,
                                                const std::vector<Assignment>& fields) {
  Tree tree;
  put(tree, "type", json_string(arguments.type));
  if (arguments.payload) {
    const auto document = json::Document::parse(*arguments.payload);
    if (!document) return std::unexpected("the payload is no JSON: " + document.error().message);
    put(tree, "payload", *arguments.payload);
  }
  for (const Assignment& field : fields) {
    if (!put_field(tree, field))
      return std::unexpected(fmt::format("the field {} is given twice", field.name));
  }
  ApiRequest request{.method = "POST",
                     .target = "/v1/jobs",
                     .fields = {{.name = "Content-Type", .value = "application/json"}}};
  json::Writer writer(request.body);
  tree.write(writer);
  return request;
}

/// The rows' format from the file's name; a name that says nothing is CSV.
std::vector<net::Field> manifest_headers(const std::filesystem::path& file) {
  const bool compressed = file.extension() == ".gz";
  const auto extension = (compressed ? file.stem() : file.filename()).extension();
  const bool lines = extension == ".ndjson" || extension == ".jsonl";
  std::vector<net::Field> out{{.name = "Content-Type", .value = lines ? "application/x-ndjson" : "text/csv"}};
  if (compressed) out.push_back({.name = "Content-Encoding", .value = "gzip"});
  return out;
}

ApiRequest make_batch(const SubmitArguments& arguments, const std::vector<Assignment>& fields) {
  ApiRequest request{.method = "POST",
                     .target = "/v1/jobs?type=" + text::percent_encode(arguments.type),
                     .fields = manifest_headers(*arguments.manifest),
                     .file = arguments.manifest};
  for (const Assignment& field : fields) {
    request.target +=
        fmt::format("&{}={}", text::percent_encode(field.name), text::percent_encode(field.value));
  }
  return request;
}

}  // namespace

std::expected<ApiRequest, std::string> make_submission(const SubmitArguments& arguments) {
  const auto fields = read_fields(arguments);
  if (!fields) return std::unexpected(fields.error());
  if (!arguments.manifest) return make_job(arguments, *fields);
  if (arguments.payload)
    return std::unexpected("a job with --manifest takes its payloads from the rows: leave JSON out");
  return make_batch(arguments, *fields);
}

}  // namespace waypost::app

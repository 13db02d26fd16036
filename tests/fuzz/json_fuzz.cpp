// The strict reader against nlohmann/json: whatever ours accepts the other accepts with the same structure,
// and what only the other accepts is one of its known leniencies (duplicate names, depth, a byte order mark,
// NUL as the end).

#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "check.hpp"
#include "waypost/base/json.hpp"

namespace {

using waypost::json::Document;
using waypost::json::Kind;
using waypost::json::Value;

// Notes what nlohmann lets pass and ours does not, and what only it cannot hold.
struct Leniencies : nlohmann::json_sax<nlohmann::json> {
  bool duplicate = false;
  std::size_t deepest = 1;
  bool number_too_large = false;
  std::vector<std::set<std::string>> names;

  bool open() {
    names.emplace_back();
    deepest = std::max(deepest, names.size());
    return true;
  }
  bool close() {
    names.pop_back();
    return true;
  }
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return open(); }
  bool key(string_t& name) override {
    duplicate = duplicate || !names.back().insert(name).second;
    return true;
  }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& error) override {
    number_too_large = error.id == 406;
    return false;
  }
};

void require_same(Value ours, const nlohmann::json& theirs) {
  switch (ours.kind()) {
    case Kind::null:
      return require(theirs.is_null());
    case Kind::boolean:
      return require(theirs.is_boolean() && theirs.get<bool>() == ours.boolean());
    case Kind::string:
      return require(theirs.is_string() && theirs.get_ref<const std::string&>() == ours.string());
    case Kind::number:
      require(theirs.is_number() && theirs.get<double>() == ours.number());
      if (theirs.is_number_integer() && ours.integer())
        require(theirs.get<std::int64_t>() == *ours.integer());
      return;
    case Kind::array: {
      const auto children = ours.children();
      require(theirs.is_array() && theirs.size() == children.size() && ours.size() == children.size());
      for (std::size_t i = 0; i < children.size(); ++i) require_same(children[i], theirs[i]);
      return;
    }
    case Kind::object: {
      const auto children = ours.children();
      require(theirs.is_object() && theirs.size() == children.size() && ours.size() == children.size());
      for (const Value member : children) {
        const std::string name(member.key());
        require(theirs.contains(name) && ours.find(name).has_value());
        require_same(member, theirs[name]);
      }
      return;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto ours = Document::parse(text);
  Leniencies leniencies;
  const bool theirs = nlohmann::json::sax_parse(text, &leniencies);
  if (ours) {
    require(theirs || leniencies.number_too_large);
    if (theirs) require_same(ours->root(), nlohmann::json::parse(text));
    return 0;
  }
  require(ours.error().line.value_or(0) >= 1 && ours.error().column.value_or(0) >= 1);
  const bool lenient = leniencies.duplicate || leniencies.deepest > 64 || text.starts_with("\xEF\xBB\xBF") ||
                       text.find('\0') != std::string_view::npos;
  require(!theirs || lenient);
  return 0;
}

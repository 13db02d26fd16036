#include "batch/mapping.hpp"

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "waypost/base/json.hpp"
#include "waypost/base/text.hpp"

namespace waypost::batch {
namespace {

std::string did_you_mean(std::string_view word, std::span<const std::string_view> known) {
  const auto near = text::nearest(word, known);
  return near ? fmt::format("; did you mean \"{}\"?", *near) : std::string();
}

std::string escaped(std::string_view token) {
  std::string out;
  for (const char c : token) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

std::string listed(std::span<const std::string_view> names) {
  constexpr std::size_t kShown = 20;
  std::string out = fmt::format("{}", fmt::join(names.first(std::min(names.size(), kShown)), ", "));
  if (names.size() > kShown) out += ", …";
  return out;
}

bool is_json(std::string_view value, ValueKind kind) {
  const auto document = json::Document::parse(value);
  if (!document) return false;
  const json::Kind found = document->root().kind();
  switch (kind) {
    case ValueKind::number:
      return found == json::Kind::number;
    case ValueKind::boolean:
      return found == json::Kind::boolean;
    case ValueKind::structure:
      return found == json::Kind::object || found == json::Kind::array;
    case ValueKind::text:
    case ValueKind::any:
      return false;
  }
  return false;
}

void write_text(json::Writer& writer, std::string_view value, ValueKind kind) {
  if (kind == ValueKind::text || kind == ValueKind::any) {
    writer.string(value);
    return;
  }
  const std::string_view trimmed = text::trim(value);
  if (is_json(trimmed, kind)) {
    writer.raw(trimmed);
  } else {
    writer.string(value);
  }
}

}  // namespace

// Works a mapping out, and notes every fault on the way.
class Mapping::Builder {
 public:
  Builder(const std::vector<std::string>& columns, const PayloadFields& fields, const std::string& pointer,
          std::vector<Fault>& faults)
      : columns_(columns.begin(), columns.end()), fields_(fields), pointer_(pointer), faults_(faults) {
    for (std::size_t i = 0; i < columns.size(); ++i) positions_.emplace(columns[i], i);
  }

  Mapping by_map(const FieldMap& map) {
    for (const auto& [name, text] : map) add_mapped(name, text);
    require_all("the map does not give it");
    return finish();
  }

  Mapping by_name() {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const PayloadField* field = fields_.find(columns_[i]);
      if (field == nullptr && !fields_.open) continue;
      add(columns_[i], field).parts.push_back({.cell = use(i)});
    }
    require_all("no column is named so; say with map which columns it comes from");
    if (mapping_.fields_.empty() && fields_.required.empty() && fields_.alternatives.empty()) {
      fault("", "required",
            fmt::format("no column has the name of a field ({}); say with map which columns they come from",
                        listed(fields_.names())));
    }
    return finish();
  }

 private:
  void add_mapped(const std::string& name, const std::string& text) {
    const PayloadField* declared = fields_.find(name);
    if (declared == nullptr && !fields_.open) {
      const auto known = fields_.names();
      fault(name, "unknown_field",
            fmt::format("the operation has no field \"{}\"{} It has {}", name,
                        text::nearest(name, known) ? did_you_mean(name, known) : ".", listed(known)));
      given_.push_back(name);
      return;
    }
    Field& field = add(name, declared);
    parse_template(field, text);
  }

  Field& add(std::string_view name, const PayloadField* declared) {
    given_.emplace_back(name);
    mapping_.fields_.push_back({.name = std::string(name),
                                .kind = declared != nullptr ? declared->kind : ValueKind::any,
                                .declared = declared != nullptr});
    return mapping_.fields_.back();
  }

  void parse_template(Field& field, std::string_view text) {
    std::string literal;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      const bool brace = c == '{' || c == '}';
      if (brace && i + 1 < text.size() && text[i + 1] == c) {
        literal += c;
        ++i;
        continue;
      }
      if (!brace) {
        literal += c;
        continue;
      }
      const std::size_t end = c == '{' ? text.find_first_of("{}", i + 1) : std::string_view::npos;
      if (end == std::string_view::npos || text[end] == '{') {
        fault(field.name, "malformed_template",
              fmt::format("the brace at character {} has no counterpart; a column is {{name}}, a brace "
                          "itself {{{{ or }}}}",
                          i + 1));
        return;
      }
      if (!literal.empty()) field.parts.push_back({.literal = std::exchange(literal, {})});
      add_column(field, text.substr(i + 1, end - i - 1));
      i = end;
    }
    if (!literal.empty()) field.parts.push_back({.literal = std::move(literal)});
  }

  void add_column(Field& field, std::string_view name) {
    const auto position = positions_.find(name);
    if (position == positions_.end()) {
      fault(
          field.name, "unknown_column",
          fmt::format("there is no column \"{}\"{} The columns are {}", name,
                      text::nearest(name, columns_) ? did_you_mean(name, columns_) : ".", listed(columns_)));
      return;
    }
    field.parts.push_back({.cell = use(position->second)});
  }

  // The place of a column among the cells.
  std::size_t use(std::size_t column) {
    const auto [place, added] = cells_.emplace(column, mapping_.columns_.size());
    if (added) mapping_.columns_.push_back(column);
    return place->second;
  }

  bool given(std::string_view name) const { return std::ranges::find(given_, name) != given_.end(); }

  void require_all(std::string_view missing) {
    for (const std::string& name : fields_.required) {
      if (!given(name))
        fault(name, "required", fmt::format("the operation needs \"{}\", and {}", name, missing));
    }
    if (fields_.alternatives.empty()) return;
    const auto whole = [this](const auto& names) {
      return std::ranges::all_of(names, [&](auto& n) { return given(n); });
    };
    if (std::ranges::any_of(fields_.alternatives, whole)) return;
    std::vector<std::string> choices;
    for (const auto& names : fields_.alternatives)
      choices.push_back(fmt::format("{}", fmt::join(names, " with ")));
    fault("", "required", fmt::format("the operation needs {}, and {}", fmt::join(choices, " or "), missing));
  }

  void fault(std::string_view field, std::string code, std::string detail) {
    faults_.push_back({.pointer = field.empty() ? pointer_ : pointer_ + "/" + escaped(field),
                       .code = std::move(code),
                       .detail = std::move(detail)});
  }

  Mapping finish() {
    for (const Field& field : mapping_.fields_) mapping_.names_.emplace_back(field.name);
    return std::move(mapping_);
  }

  std::vector<std::string_view> columns_;
  const PayloadFields& fields_;
  const std::string& pointer_;
  std::vector<Fault>& faults_;
  std::unordered_map<std::string_view, std::size_t> positions_;
  std::unordered_map<std::size_t, std::size_t> cells_;
  std::vector<std::string> given_;
  Mapping mapping_;
};

Mapping Mapping::make(const FieldMap& map, const std::vector<std::string>& columns,
                      const PayloadFields& fields, const std::string& pointer, std::vector<Fault>& faults) {
  Builder builder(columns, fields, pointer, faults);
  return map.empty() ? builder.by_name() : builder.by_map(map);
}

std::string_view Mapping::value(const Field& field, std::span<const Cell> cells,
                                std::string& composed) const {
  if (field.direct()) return cells[*field.parts[0].cell].text;
  composed.clear();
  bool any_column = false;
  bool any_value = false;
  for (const Part& part : field.parts) {
    if (!part.cell) {
      composed += part.literal;
      continue;
    }
    const std::string_view text = cells[*part.cell].text;
    composed += text;
    any_column = true;
    any_value = any_value || !text.empty();
  }
  return any_column && !any_value ? std::string_view() : std::string_view(composed);
}

std::span<const std::string_view> Mapping::values(std::span<const Cell> cells, Scratch& scratch) const {
  scratch.composed.resize(fields_.size());
  scratch.values.resize(fields_.size());
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    scratch.values[i] = value(fields_[i], cells, scratch.composed[i]);
  }
  return scratch.values;
}

void Mapping::payload(std::span<const Cell> cells, Scratch& scratch, std::string& out) const {
  scratch.composed.resize(fields_.size());
  json::Writer writer(out);
  writer.begin_object();
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const Field& field = fields_[i];
    const std::string_view text = value(field, cells, scratch.composed[i]);
    const Cell* whole = field.direct() ? &cells[*field.parts[0].cell] : nullptr;
    if ((text.empty() && field.declared) || (whole != nullptr && whole->absent)) continue;
    writer.key(field.name);
    if (whole != nullptr && !whole->json.empty()) {
      writer.raw(whole->json);
    } else {
      write_text(writer, text, field.kind);
    }
  }
  writer.end_object();
}

}  // namespace waypost::batch

#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "batch/payload_fields.hpp"
#include "waypost/base/error.hpp"
#include "waypost/batch/plan.hpp"

namespace waypost::batch {

/// One column's value in one row.
struct Cell {
  std::string_view text;  // "" for null too
  std::string_view json;  // the source of a value of an NDJSON row that is no string
  bool absent = false;    // the NDJSON row has no such name
};

/// How an operation's fields come from columns. Immutable; any thread, with a Scratch each.
class Mapping {
 public:
  /// Buffers that live from row to row, so that a row costs no allocation.
  struct Scratch {
    std::vector<std::string> composed;
    std::vector<std::string_view> values;
  };

  Mapping() = default;
  Mapping(Mapping&&) noexcept = default;  // names_ views fields_, which a move leaves where they are
  Mapping& operator=(Mapping&&) noexcept = default;

  /// Notes what is wrong, at `pointer` or below; with faults the mapping is not to be used.
  static Mapping make(const FieldMap& map, const std::vector<std::string>& columns,
                      const PayloadFields& fields, const std::string& pointer, std::vector<Fault>& faults);

  /// The columns that are read, as indices; a row's cells come in this order.
  std::span<const std::size_t> columns() const { return columns_; }
  /// The fields that are made.
  std::span<const std::string_view> names() const { return names_; }
  /// Their values in a row, "" for those not given.
  std::span<const std::string_view> values(std::span<const Cell> cells, Scratch& scratch) const;
  /// The row's payload, an object, appended to `out`. An empty value of a declared field is left out, as is
  /// what an NDJSON row does not have. Texts become numbers, booleans or JSON where the operation's schema
  /// asks for them and the text is one; otherwise they stay strings, for the operation's own check to refuse.
  void payload(std::span<const Cell> cells, Scratch& scratch, std::string& out) const;

 private:
  struct Part {
    std::string literal;
    std::optional<std::size_t> cell;  // in place of the literal
  };
  struct Field {
    std::string name;
    ValueKind kind = ValueKind::any;
    bool declared = false;
    std::vector<Part> parts;
    /// A field that is one column's value as it stands.
    bool direct() const { return parts.size() == 1 && parts[0].cell; }
  };
  class Builder;

  std::string_view value(const Field& field, std::span<const Cell> cells, std::string& composed) const;
  std::vector<Field> fields_;
  std::vector<std::size_t> columns_;
  std::vector<std::string_view> names_;  // of fields_
};

}  // namespace waypost::batch

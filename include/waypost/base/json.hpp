#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "waypost/base/error.hpp"
#include "waypost/base/time.hpp"

/// JSON: one strict reader (I-JSON, RFC 7493) that keeps each value's original bytes, and one writer.
namespace waypost::json {

enum class Kind : std::uint8_t { null, boolean, number, string, array, object };

struct Limits {
  std::size_t max_depth = 64;         ///< the document itself is level 1
  std::size_t max_values = SIZE_MAX;  ///< each takes some 50 bytes of memory; more is payload_too_large
};

class Document;

/// A value inside a Document; cheap to copy, valid while the Document lives. Any thread.
class Value {
 public:
  Kind kind() const;
  bool is(Kind k) const { return kind() == k; }
  /// The value's own bytes in the source text, byte for byte.
  std::string_view raw() const;
  /// kind() == boolean only.
  bool boolean() const;
  /// kind() == string only: unescaped UTF-8.
  std::string_view string() const;
  /// kind() == number only: the value when it is written as an integer (no fraction, no exponent) and fits.
  std::optional<std::int64_t> integer() const;
  /// kind() == number only. I-JSON numbers are doubles.
  double number() const;
  /// Number of elements or members.
  std::size_t size() const;
  /// kind() == object: the member, if there is one.
  std::optional<Value> find(std::string_view key) const;
  /// Children in source order: elements of an array or values of an object.
  std::vector<Value> children() const;
  /// This value's key when it is an object's member, unescaped.
  std::string_view key() const;

 private:
  friend class Document;
  Value(const Document* document, std::uint32_t index) : document_(document), index_(index) {}
  const Document* document_;
  std::uint32_t index_;
};

/// A parsed text. Holds views into the text it was given: the text must outlive it.
class Document {
 public:
  /// Parses the whole of `text`. Refuses with Code::invalid_json, naming line and column: bad syntax, bad
  /// UTF-8, lone surrogates, duplicate keys (compared unescaped), trailing bytes, nesting past the limit.
  static Result<Document> parse(std::string_view text, Limits limits = {});
  Value root() const { return Value(this, 0); }

  Document(Document&&) noexcept = default;
  Document& operator=(Document&&) noexcept = default;

 private:
  friend class Value;
  friend class Parser;
  struct Node {
    std::uint32_t begin = 0, end = 0;         // in text_
    std::uint32_t next = 0;                   // index of the next sibling, 0 for none
    std::uint32_t count = 0;                  // children
    std::uint32_t key = 0, key_length = 0;    // in text_ or unescaped_
    std::uint32_t text = 0, text_length = 0;  // of a string: in text_ or unescaped_
    Kind kind = Kind::null;
    bool key_unescaped = false, text_unescaped = false;
  };
  Document() = default;
  std::string_view view(std::uint32_t at, std::uint32_t length, bool unescaped) const;
  std::string_view text_;
  std::vector<Node> nodes_;
  std::unique_ptr<std::string> unescaped_ = std::make_unique<std::string>();
};

/// Appends JSON to a string; commas are placed by itself. Strings are written as UTF-8 with the escapes RFC
/// 8259 requires; invalid UTF-8 becomes U+FFFD so that the output is always JSON. One thread.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  Writer& begin_object();
  Writer& end_object();
  Writer& begin_array();
  Writer& end_array();
  Writer& key(std::string_view name);
  Writer& string(std::string_view value);
  Writer& integer(std::int64_t value);
  /// Shortest form that reads back the same; NaN and infinities become null.
  Writer& number(double value);
  Writer& boolean(bool value);
  Writer& null();
  /// `text` must be valid JSON; written byte for byte.
  Writer& raw(std::string_view text);

  Writer& field(std::string_view name, std::string_view value) { return key(name).string(value); }
  Writer& field(std::string_view name, const char* value) { return key(name).string(value); }
  Writer& field(std::string_view name, const std::string& value) { return key(name).string(value); }
  Writer& field(std::string_view name, std::int64_t value) { return key(name).integer(value); }
  Writer& field(std::string_view name, int value) { return key(name).integer(value); }
  Writer& field(std::string_view name, bool value) { return key(name).boolean(value); }
  /// null when there is no value.
  Writer& field(std::string_view name, const std::optional<std::string>& value) {
    return value ? key(name).string(*value) : key(name).null();
  }
  /// As RFC 3339; null when there is no time.
  Writer& field(std::string_view name, const std::optional<Time>& time) {
    return time ? key(name).string(to_rfc3339(*time)) : key(name).null();
  }

 private:
  void separate();
  std::string& out_;
  bool comma_ = false;
};

/// Reads the fields of one object against what the caller declares, and notes every fault rather than the
/// first. Ask for each known field once, then call `finish()`, which reports the fields nobody asked for.
///
///   json::Fields fields(value, "/backoff", faults);
///   backoff.factor = fields.number("factor", {1, 10}).value_or(2);
///   fields.finish();
///
/// `Source::query` reads an object whose leaves are all strings, made from query parameters: numbers,
/// booleans and lists are then written as text, and faults name the dotted parameter instead of a pointer.
class Fields {
 public:
  enum class Source { body, query };
  template <class T>
  struct Range {
    T min, max;
  };

  Fields(Value object, std::string pointer, std::vector<Fault>& faults, Source source = Source::body);

  /// Each returns the field's value, or nothing when it is absent, null or faulty (a fault is then noted).
  std::optional<std::string_view> string(std::string_view name, Range<std::size_t> length = {0, SIZE_MAX});
  std::optional<std::int64_t> integer(std::string_view name, Range<std::int64_t> range);
  std::optional<double> number(std::string_view name, Range<double> range);
  std::optional<bool> boolean(std::string_view name);
  /// Any value, unread; null is one too.
  std::optional<Value> any(std::string_view name);
  /// An object (kind checked).
  std::optional<Value> object(std::string_view name);
  /// An array (kind checked); in a query a text of commas: use `strings`.
  std::optional<Value> array(std::string_view name);
  /// A list of strings.
  std::optional<std::vector<std::string>> strings(std::string_view name);

  bool has(std::string_view name) const { return object_.find(name).has_value(); }
  /// Notes a fault of the caller's own at `name`.
  void fault(std::string_view name, std::string code, std::string detail);
  /// Notes that a required field is missing, if it is.
  void require(std::string_view name);
  /// Where `name` stands: its JSON Pointer (RFC 6901).
  std::string pointer(std::string_view name) const;
  /// Reports every member that nobody asked for, with the nearest known name.
  void finish();

 private:
  std::optional<Value> take(std::string_view name);
  Value object_;
  std::string pointer_;
  std::vector<Fault>& faults_;
  Source source_;
  std::vector<std::string_view> asked_;
};

}  // namespace waypost::json

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "waypost/batch/manifest.hpp"

namespace waypost::batch {

struct CsvFault {
  std::uint64_t line = 0;    // from 1
  std::uint64_t column = 0;  // from 1, in bytes
  std::string message;       // says what is wrong and what would be right
};

/// Reads RFC 4180 in pieces of any size and tells a sink what it finds. It serves both the check of an upload
/// and the reading of a chunk, so the two cannot disagree. A sink has
///
///   void text(std::string_view piece);  // of the current value, unescaped; a value may come in several
///   void end_value();
///   bool end_row();                     // false stops the scan
///
/// Lines end with LF or CRLF; empty lines are skipped. One thread.
class CsvScanner {
 public:
  /// `line` is where the text starts.
  explicit CsvScanner(std::uint64_t line = 1) : line_(line), row_line_(line) {}

  /// Consumes `bytes`; stops early when the sink does. After a fault the scanner is of no further use.
  template <class Sink>
  std::optional<CsvFault> feed(std::string_view bytes, Sink& sink);
  /// The text has ended: a last row may lack its line end.
  template <class Sink>
  std::optional<CsvFault> finish(Sink& sink);

  /// The line being read, and how far into it; of the next byte.
  std::uint64_t line() const { return line_; }
  std::uint64_t column() const { return offset_ - line_start_ + 1; }
  /// Bytes consumed.
  std::uint64_t offset() const { return offset_; }
  /// Where the current row (or in `end_row` the one that ends) starts.
  std::uint64_t row_line() const { return row_line_; }
  /// In `end_value`: where that value starts, its quote included.
  std::uint64_t value_line() const { return value_line_; }
  std::uint64_t value_column() const { return value_column_; }

 private:
  enum class State : std::uint8_t { row_start, empty_line_cr, value_start, plain, quoted, quote, line_cr };
  static constexpr std::array<bool, 256> kEndsPlain = [] {
    std::array<bool, 256> table{};
    for (const char c : {',', '"', '\r', '\n', '\0'}) table[static_cast<unsigned char>(c)] = true;
    return table;
  }();

  template <class Sink>
  bool step(std::string_view bytes, std::size_t& i, Sink& sink);
  template <class Sink>
  void take_plain(std::string_view bytes, std::size_t& i, Sink& sink);
  template <class Sink>
  void take_quoted(std::string_view bytes, std::size_t& i, Sink& sink);
  template <class Sink>
  bool after_value(char c, Sink& sink);
  template <class Sink>
  void piece(std::string_view text, Sink& sink);
  template <class Sink>
  bool end_row(Sink& sink);
  void start_row();
  void start_value();
  void new_line() {
    ++line_;
    line_start_ = offset_;
  }
  void fault(std::string message) { fault_ = CsvFault{line_, column(), std::move(message)}; }
  void check_lengths();

  State state_ = State::row_start;
  std::uint64_t offset_ = 0;
  std::uint64_t line_;
  std::uint64_t line_start_ = 0;
  std::uint64_t row_line_;
  std::uint64_t row_offset_ = 0;
  std::uint64_t value_line_ = 1;
  std::uint64_t value_column_ = 1;
  std::size_t value_bytes_ = 0;
  std::optional<CsvFault> fault_;
};

template <class Sink>
std::optional<CsvFault> CsvScanner::feed(std::string_view bytes, Sink& sink) {
  for (std::size_t i = 0; i < bytes.size();) {
    const bool go_on = step(bytes, i, sink);
    if (fault_) return fault_;
    if (!go_on) break;
  }
  return std::nullopt;
}

// Consumes at least one byte at `i` or moves to a state that will. offset_ is always that of bytes[i].
template <class Sink>
bool CsvScanner::step(std::string_view bytes, std::size_t& i, Sink& sink) {
  const char c = bytes[i];
  const auto consume = [&] {
    ++i;
    ++offset_;
  };
  switch (state_) {
    case State::row_start:
      if (c == '\n' || c == '\r') {
        consume();
        if (c == '\n') new_line();
        if (c == '\r') state_ = State::empty_line_cr;
        return true;
      }
      start_row();
      return true;
    case State::empty_line_cr:
    case State::line_cr:
      if (c != '\n') {
        fault("a carriage return outside quotes must be followed by a line feed; end lines with LF or CRLF");
        return false;
      }
      consume();
      new_line();
      if (state_ == State::line_cr) return end_row(sink);
      state_ = State::row_start;
      return true;
    case State::value_start:
      start_value();
      state_ = c == '"' ? State::quoted : State::plain;
      if (c == '"') consume();
      return true;
    case State::plain:
      take_plain(bytes, i, sink);
      if (i == bytes.size() || fault_) return true;
      break;
    case State::quoted:
      take_quoted(bytes, i, sink);
      return true;
    case State::quote:
      if (c == '"') {
        piece(bytes.substr(i, 1), sink);
        consume();
        state_ = State::quoted;
        return true;
      }
      break;
  }
  // A value has ended, or should have.
  const char end = bytes[i];
  if (!kEndsPlain[static_cast<unsigned char>(end)] || end == '"' || end == '\0') {
    if (end == '\0') {
      fault("a NUL byte; the file must be text in UTF-8");
    } else if (state_ == State::quote) {
      fault("a quoted value must be followed by a comma or a line end; write a quote inside quotes as \"\"");
    } else {
      fault(
          "a quote inside a value that does not start with one; quote the whole value and write the quote as "
          "\"\"");
    }
    return false;
  }
  consume();
  return after_value(end, sink);
}

template <class Sink>
bool CsvScanner::after_value(char c, Sink& sink) {
  sink.end_value();
  if (c == ',') {
    state_ = State::value_start;
    return true;
  }
  if (c == '\r') {
    state_ = State::line_cr;
    return true;
  }
  new_line();
  return end_row(sink);
}

template <class Sink>
void CsvScanner::take_plain(std::string_view bytes, std::size_t& i, Sink& sink) {
  const std::size_t begin = i;
  while (i < bytes.size() && !kEndsPlain[static_cast<unsigned char>(bytes[i])]) ++i;
  offset_ += i - begin;
  if (i > begin) piece(bytes.substr(begin, i - begin), sink);
}

template <class Sink>
void CsvScanner::take_quoted(std::string_view bytes, std::size_t& i, Sink& sink) {
  const std::size_t begin = i;
  for (; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (c == '"') break;
    ++offset_;
    if (c == '\n') new_line();
    if (c == '\0') {
      --offset_;
      return fault("a NUL byte; the file must be text in UTF-8");
    }
  }
  if (i > begin) piece(bytes.substr(begin, i - begin), sink);
  if (i == bytes.size() || fault_) return;
  ++i;
  ++offset_;
  state_ = State::quote;
}

template <class Sink>
void CsvScanner::piece(std::string_view text, Sink& sink) {
  value_bytes_ += text.size();
  check_lengths();
  if (!fault_) sink.text(text);
}

template <class Sink>
bool CsvScanner::end_row(Sink& sink) {
  state_ = State::row_start;
  return sink.end_row();
}

template <class Sink>
std::optional<CsvFault> CsvScanner::finish(Sink& sink) {
  switch (state_) {
    case State::row_start:
    case State::empty_line_cr:
      return std::nullopt;
    case State::quoted:
      return CsvFault{value_line_, value_column_, "the quote that starts this value is never closed"};
    case State::value_start:
      start_value();
      [[fallthrough]];
    case State::plain:
    case State::quote:
      sink.end_value();
      [[fallthrough]];
    case State::line_cr:
      end_row(sink);
  }
  return std::nullopt;
}

}  // namespace waypost::batch

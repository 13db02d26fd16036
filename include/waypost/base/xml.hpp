#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Writing XML 1.0. Pure; one thread.
namespace waypost::xml {

/// Appends elements to a string. Texts and attributes are escaped; what XML cannot hold (control characters,
/// invalid UTF-8) becomes U+FFFD, so that the output is always well-formed.
class Writer {
 public:
  /// Writes the declaration.
  explicit Writer(std::string& out);
  /// Opens an element. `name` is a constant of the caller's.
  Writer& open(std::string_view name);
  /// An attribute of the element that was opened last and has no content yet.
  Writer& attribute(std::string_view name, std::string_view value);
  Writer& text(std::string_view value);
  Writer& close();
  /// An element that holds a text and nothing else.
  Writer& element(std::string_view name, std::string_view value) { return open(name).text(value).close(); }

 private:
  void finish_tag();
  void escape(std::string_view value);
  std::string& out_;
  std::vector<std::string_view> names_;
  bool tag_open_ = false;
};

}  // namespace waypost::xml

#include "app/man_page.hpp"

#include <fmt/format.h>

#include "waypost/app/cli.hpp"
#include "waypost/base/text.hpp"

namespace waypost::app {
namespace {

/// Takes a character of well-formed UTF-8 off `text`: its code point.
char32_t take(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  char32_t code = length == 1 ? first : first & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3Fu);
  text.remove_prefix(length);
  return code;
}

constexpr std::string_view paragraph = ".PP\n";

/// Text as roff takes it: ASCII, no escapes, no requests, and a hyphen that can be searched for and copied.
std::string plain(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const char32_t c = take(text);
    const bool starts_line = out.empty() || out.back() == '\n';
    if (starts_line && (c == '.' || c == '\'')) out += "\\&";
    if (c > 0x7F)
      out += fmt::format("\\[u{:04X}]", static_cast<std::uint32_t>(c));
    else if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += static_cast<char>(c);
  }
  return out;
}

std::string bold(std::string_view text) {
  return "\\fB" + plain(text) + "\\fR";
}
std::string italic(std::string_view text) {
  return "\\fI" + plain(text) + "\\fR";
}

std::string synopsis(const CommandFacts& command) {
  std::string line = bold(command.name());
  for (const auto& option : command.options) {
    if (!option.is_argument) continue;
    const std::string name = italic(option.names.front()) + (option.is_repeated ? " ..." : "");
    line += option.is_required ? " " + name : " [" + name + "]";
  }
  if (!command.commands.empty()) line += " " + italic("COMMAND");
  return line + " [" + italic("OPTION") + " ...]";
}

std::string entry(const OptionFacts& option) {
  std::string names;
  for (const auto& name : option.names)
    names += (names.empty() ? "" : ", ") + (option.is_argument ? italic(name) : bold(name));
  if (!option.is_argument && !option.value.empty()) names += " " + italic(option.value);
  std::string text = plain(option.text);
  if (!option.choices.empty()) {
    text += " (one of";
    for (const auto& choice : option.choices) text += " " + bold(choice);
    text += ")";
  }
  return ".TP\n" + names + "\n" + text + "\n";
}

/// The end of a help text: paragraphs, with what is indented as it stands.
std::string footer(std::string_view text) {
  std::string out;
  bool literal = false;
  for (const auto line : text::split(text, '\n')) {
    const bool indented = line.starts_with(' ');
    if (indented != literal) out += indented ? ".PP\n.nf\n.RS\n" : ".RE\n.fi\n";
    literal = indented;
    if (text::trim(line).empty()) continue;
    if (!indented) out += paragraph;
    out += plain(indented ? line.substr(std::min<std::size_t>(2, line.size())) : line) + "\n";
  }
  return out + (literal ? ".RE\n.fi\n" : "");
}

std::string section(const CommandFacts& command) {
  std::string out =
      ".SS " + plain(command.name()) + "\n" + synopsis(command) + "\n.PP\n" + plain(command.text) + ".\n";
  for (const auto& option : command.options)
    if (option.names.back() != "--help") out += entry(option);
  return out + footer(command.footer);
}

constexpr std::string_view date = "2026-11-25";  // of this text; a build's would make no two builds alike

constexpr std::string_view ending = R"(.SH EXIT STATUS
.TP
.B 0
Done.
.TP
.B 1
Failed; one line on the standard error says why.
.TP
.B 2
Wrong usage.
.SH ENVIRONMENT
.TP
.B WAYPOST_SERVER, WAYPOST_KEY
The service and the API key of the commands that speak to one, where \fB\-\-server\fR and \fB\-\-key\fR are not given.
.TP
.B WAYPOST_DATA
The data directory where \fB\-\-data\-dir\fR is not given; else \fI./var\fR.
.TP
.BI WAYPOST_ SECTION __ KEY
Any key of the configuration: \fBWAYPOST_SERVER__LISTEN\fR is \fBserver.listen\fR.
.SH FILES
.TP
.I DIR/waypost.db
Jobs, events and keys, in the data directory.
.TP
.I DIR/secret.key
What encrypts every secret at rest.
.TP
.I DIR/manifests, DIR/reports, DIR/gazetteer
Manifests, reports of batches, and sources of the gazetteer with the index that is made of them.
)";

}  // namespace

std::string man_page(std::span<const CommandFacts> commands) {
  const CommandFacts& root = commands.front();
  std::string out = fmt::format(".TH WAYPOST 1 \"{}\" \"waypost {}\" \"User Commands\"\n", date, version());
  out += ".SH NAME\nwaypost \\- geocoding lookups and durable jobs over HTTP\n";
  out += ".SH SYNOPSIS\n" + synopsis(root) + "\n.SH DESCRIPTION\n" + plain(root.text) + "\n";
  out += ".PP\nData goes to the standard output, everything else to the standard error.\n.SH COMMANDS\n";
  for (const auto& command : commands.subspan(1))
    if (command.commands.empty() || !command.footer.empty()) out += section(command);
  std::string examples = footer(root.footer);
  if (examples.starts_with(paragraph)) examples.erase(0, paragraph.size());  // none right after a heading
  return out + std::string(ending) + ".SH EXAMPLES\n" + examples;
}

}  // namespace waypost::app

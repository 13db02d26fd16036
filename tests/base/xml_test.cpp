#include "waypost/base/xml.hpp"

#include <gtest/gtest.h>

namespace waypost::xml {
namespace {

constexpr std::string_view declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

TEST(XmlWriter, NestsElementsWithAttributesAndTexts) {
  std::string out;
  Writer writer(out);
  writer.open("a").attribute("b", "1").element("c", "x").open("d").close().text("t").close();
  EXPECT_EQ(out, std::string(declaration) + R"(<a b="1"><c>x</c><d/>t</a>)");
}

TEST(XmlWriter, EscapesWhatMarkupIsMadeOf) {
  std::string out;
  Writer writer(out);
  writer.open("a").attribute("b", "\"<&>'").text("R&D <x> \"y\"\n").close();
  EXPECT_EQ(out,
            std::string(declaration) + "<a b=\"&quot;&lt;&amp;&gt;'\">R&amp;D &lt;x&gt; &quot;y&quot;\n</a>");
}

TEST(XmlWriter, ReplacesWhatXmlCannotHold) {
  const std::string bad = "\xEF\xBF\xBD";
  for (const auto& [given, written] : {
           std::pair<std::string, std::string>{std::string("a\0b", 3), "a" + bad + "b"},
           {"a\x01", "a" + bad},
           {"\xC3(", bad + "("},
           {"\xED\xA0\x80", bad + bad + bad},
           {"\xEF\xBF\xBE!", bad + "!"},
           {"Ž東", "Ž東"},
       }) {
    std::string out;
    Writer(out).element("a", given);
    EXPECT_EQ(out, std::string(declaration) + "<a>" + written + "</a>");
  }
}

}  // namespace
}  // namespace waypost::xml

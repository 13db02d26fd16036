#include "geo/csv_table.hpp"

#include <gmock/gmock.h>

namespace waypost::geo {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Rows = std::vector<std::vector<std::string>>;

Rows rows(std::string_view text) {
  auto table = CsvTable::open(Input::over(text, "x.csv"));
  if (!table) return {{table.error().message}};
  Rows out = {table->header()};
  while (const auto row = table->next().value()) out.emplace_back(row->begin(), row->end());
  return out;
}

TEST(CsvTable, ReadsWhatRfc4180Allows) {
  EXPECT_EQ(rows("a,b,c\r\n1,\"x, \"\"y\"\"\",\r\n\r\n,,\r\n"),
            (Rows{{"a", "b", "c"}, {"1", "x, \"y\"", ""}, {"", "", ""}}));
  EXPECT_EQ(rows("a,b\n\"two\nlines\",2\n3,4"), (Rows{{"a", "b"}, {"two\nlines", "2"}, {"3", "4"}}));
}

TEST(CsvTable, TakesTheSeparatorFromTheHeader) {
  EXPECT_EQ(rows("\xEF\xBB\xBFlat;lng;name\n1,5;2;x"), (Rows{{"lat", "lng", "name"}, {"1,5", "2", "x"}}));
  EXPECT_EQ(rows("a\tb\n1\t2"), (Rows{{"a", "b"}, {"1", "2"}}));
}

TEST(CsvTable, FindsColumnsInAnyCase) {
  const auto table = CsvTable::open(Input::over("LON, Lat ,Number\n", "x.csv"));
  ASSERT_TRUE(table);
  EXPECT_EQ(table->column("lat"), 1u);
  EXPECT_EQ(table->column("lng"), std::nullopt);
}

TEST(CsvTable, GoesOnAfterABadRow) {
  EXPECT_EQ(rows("a,b\n1\nx\"y,2\"\n3,4\n"), (Rows{{"a", "b"}, {"1"}, {"x\"y", "2\""}, {"3", "4"}}));
}

TEST(CsvTable, EndsAQuoteThatIsNeverClosed) {
  std::string text = "a,b\n\"open,2\n";
  for (int i = 0; i < 500; ++i) text += "1,2\n";
  EXPECT_GT(rows(text).size(), 300u);
}

TEST(CsvTable, RefusesWhatHasNoHeader) {
  EXPECT_THAT(rows("").at(0).at(0), HasSubstr("x.csv: is empty"));
  EXPECT_THAT(rows("\xff\xfe,b\n").at(0).at(0), HasSubstr("the header is not UTF-8"));
}

}  // namespace
}  // namespace waypost::geo

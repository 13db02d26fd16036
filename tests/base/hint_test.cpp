#include "waypost/base/hint.hpp"

#include <gtest/gtest.h>

#include <array>

namespace waypost::text {
namespace {

constexpr std::array<std::string_view, 4> known{"limit", "cursor", "limit", "state"};

TEST(Hint, NamesTheOneThatWasMeant) {
  EXPECT_EQ(hint("limt", known), "; did you mean \"limit\"?");
}

TEST(Hint, ElseListsEachOnce) {
  EXPECT_EQ(hint("colour", known), "; there are limit, cursor and state");
  EXPECT_EQ(hint("colour", std::span(known).first(1)), "; there is only limit");
  EXPECT_EQ(hint("colour", {}), "; there are none");
}

}  // namespace
}  // namespace waypost::text

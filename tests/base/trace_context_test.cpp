#include "waypost/base/trace_context.hpp"

#include <gtest/gtest.h>

#include <set>

namespace waypost {
namespace {

constexpr std::string_view example = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(TraceContext, IsReadFromATraceparentAndWrittenBack) {
  const auto context = parse_traceparent(example);
  ASSERT_TRUE(context);
  EXPECT_EQ(context->trace_id(), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(context->span_id(), "b7ad6b7169203331");
  EXPECT_TRUE(context->sampled);
  EXPECT_EQ(to_traceparent(*context), example);
  EXPECT_FALSE(parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")->sampled);
  EXPECT_FALSE(parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-02")->sampled);
}

TEST(TraceContext, OfALaterVersionIsReadAsFarAsThisOneGoes) {
  for (const auto* const text :
       {"01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-the-future-holds"})
    EXPECT_EQ(parse_traceparent(text), parse_traceparent(example)) << text;
}

TEST(TraceContext, IsNotReadFromWhatIsMalformed) {
  for (const auto* const text : {"", "00", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
                                 "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                                 "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                                 "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                                 "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                                 "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
                                 "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01more",
                                 "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01",
                                 "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"})
    EXPECT_EQ(parse_traceparent(text), std::nullopt) << text;
}

TEST(TraceState, IsPassedOnWhenItIsPrintableAndNotTooLong) {
  EXPECT_TRUE(is_tracestate("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"));
  EXPECT_TRUE(is_tracestate(std::string(512, 'x')));
  EXPECT_FALSE(is_tracestate(std::string(513, 'x')));
  EXPECT_FALSE(is_tracestate("a=\n"));
  EXPECT_FALSE(is_tracestate("a=\xc3\xa9"));
}

TEST(DerivedSpan, IsNeverZeroAndDiffersForNeighbours) {
  std::set<std::uint64_t> seen;
  for (std::uint64_t a = 0; a < 200; ++a)
    for (std::uint64_t b = 0; b < 200; ++b) seen.insert(derived_span(a, b));
  EXPECT_EQ(seen.size(), 40'000u);
  EXPECT_FALSE(seen.contains(0));
}

}  // namespace
}  // namespace waypost

#include "support/descriptors.hpp"

namespace {

/// Over all tests of this program.
const auto* const descriptors = testing::AddGlobalTestEnvironment(new waypost::test::DescriptorsAreGivenBack);

}  // namespace

#pragma once

#include <string>
#include <string_view>

namespace waypost::test {

// Where that lies which tests read and run. Only paths.cpp is compiled with these paths, so that all other
// tests compile to the same wherever the checkout lies.

/// A file of the project, named from the project's root.
std::string project_file(std::string_view name);
/// The program itself.
const std::string& program_file();
/// The library that makes the syncs of a process fail (support/failing_sync.cpp).
const std::string& failing_sync_library();

}  // namespace waypost::test

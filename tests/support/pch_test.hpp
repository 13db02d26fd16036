// Precompiled: what nearly every test uses.
#include "third_party/pch_asio.hpp"

#include <gmock/gmock.h>

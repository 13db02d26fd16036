# Everything comes from Debian 12 packages: scripts/packages.txt.
find_package(Threads REQUIRED)
find_package(Boost 1.81 EXACT REQUIRED COMPONENTS url)
find_package(OpenSSL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(ICU REQUIRED COMPONENTS uc i18n)
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(prometheus-cpp REQUIRED)

# Asio and Beast are compiled once, into this library, and only declared elsewhere.
add_library(waypost_boost STATIC src/third_party/boost.cpp)
target_link_libraries(waypost_boost PUBLIC Boost::headers Boost::url OpenSSL::SSL Threads::Threads)
target_compile_definitions(waypost_boost PUBLIC
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
target_compile_options(waypost_boost PRIVATE -w)

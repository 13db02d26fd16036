# Two precompiled headers: `std` (the standard library) and `asio` (that and Asio's coroutines).
foreach(kind std asio)
  add_library(waypost_pch_${kind} OBJECT ${CMAKE_SOURCE_DIR}/src/third_party/pch_${kind}.cpp)
  target_precompile_headers(waypost_pch_${kind} PRIVATE ${CMAKE_SOURCE_DIR}/src/third_party/pch_${kind}.hpp)
endforeach()
target_link_libraries(waypost_pch_asio PRIVATE waypost_boost)
target_link_libraries(waypost_pch_std PRIVATE Threads::Threads)

# waypost_room(NAME PCH std|asio [ROOMS room…] [LIBS target…]): the library of one room.
function(waypost_room name)
  cmake_parse_arguments(ROOM "" "PCH" "ROOMS;LIBS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp)
  list(TRANSFORM ROOM_ROOMS PREPEND waypost_)
  add_library(waypost_${name} STATIC ${sources})
  target_include_directories(waypost_${name} PUBLIC ${CMAKE_SOURCE_DIR}/include PRIVATE ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(waypost_${name} PUBLIC ${ROOM_ROOMS} ${ROOM_LIBS} Threads::Threads)
  if(ROOM_PCH STREQUAL "asio")
    target_link_libraries(waypost_${name} PUBLIC waypost_boost)
  endif()
  target_precompile_headers(waypost_${name} REUSE_FROM waypost_pch_${ROOM_PCH})
endfunction()

# waypost_test_code(TARGET): compiles what only tests are made of. Not optimised: that took most of the time of building
# them, and no test is about its own speed.
function(waypost_test_code target)
  target_link_libraries(${target} PRIVATE GTest::gmock)
  target_compile_options(${target} PRIVATE -O0 -U_FORTIFY_SOURCE)
  target_precompile_headers(${target} REUSE_FROM waypost_pch_test)
endfunction()

# waypost_tests(NAME [ROOM room] [WHOLE] [LIBS target…]): one test program per room, registered test by test. NAME is
# the room, unless ROOM says which one the program links. WHOLE registers it as one test, for tests that share what is
# slow to start.
function(waypost_tests name)
  cmake_parse_arguments(TEST "WHOLE" "ROOM" "LIBS" ${ARGN})
  if(NOT TEST_ROOM)
    set(TEST_ROOM ${name})
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${name}/*_test.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(${name}_test ${sources})
  target_include_directories(${name}_test PRIVATE ${CMAKE_SOURCE_DIR}/tests ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(${name}_test PRIVATE waypost_${TEST_ROOM} ${TEST_LIBS} GTest::gtest_main)
  waypost_test_code(${name}_test)
  if(TEST_WHOLE)
    add_test(NAME ${name} COMMAND ${name}_test)
    set_tests_properties(${name} PROPERTIES TIMEOUT 900)
    return()
  endif()
  gtest_discover_tests(${name}_test TEST_PREFIX ${name}. PROPERTIES TIMEOUT 300 DISCOVERY_TIMEOUT 60)
endfunction()

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
  if(NOT sources)
    add_library(waypost_${name} INTERFACE)
    target_link_libraries(waypost_${name} INTERFACE ${ROOM_ROOMS} ${ROOM_LIBS})
    return()
  endif()
  add_library(waypost_${name} STATIC ${sources})
  target_include_directories(waypost_${name} PUBLIC ${CMAKE_SOURCE_DIR}/include PRIVATE ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(waypost_${name} PUBLIC ${ROOM_ROOMS} ${ROOM_LIBS} Threads::Threads)
  if(ROOM_PCH STREQUAL "asio")
    target_link_libraries(waypost_${name} PUBLIC waypost_boost)
  endif()
  target_precompile_headers(waypost_${name} REUSE_FROM waypost_pch_${ROOM_PCH})
endfunction()

<<<<<<< HEAD
# waypost_tests(NAME PCH std|asio [ROOM room] [LIBS target…]): one test program per room, registered test by test. NAME is
# the room, unless ROOM says which one the program links.
function(waypost_tests name)
  cmake_parse_arguments(TEST "" "PCH;ROOM" "LIBS" ${ARGN})
  if(NOT TEST_ROOM)
    set(TEST_ROOM ${name})
  endif()
=======
# waypost_tests(ROOM PCH std|asio [WHOLE] [LIBS target…]): one test program per room, registered test by test; WHOLE
# registers it as one test, for tests that share what is slow to start.
function(waypost_tests name)
  cmake_parse_arguments(TEST "WHOLE" "PCH" "LIBS" ${ARGN})
>>>>>>> apitest
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${name}/*_test.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(${name}_test ${sources})
  target_include_directories(${name}_test PRIVATE ${CMAKE_SOURCE_DIR}/tests ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(${name}_test PRIVATE waypost_${TEST_ROOM} ${TEST_LIBS} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name}_test PRIVATE
    WAYPOST_SOURCE_DIR="${CMAKE_SOURCE_DIR}" WAYPOST_BINARY="$<TARGET_FILE:waypost>")
  target_precompile_headers(${name}_test REUSE_FROM waypost_pch_${TEST_PCH})
  if(TEST_WHOLE)
    add_test(NAME ${name} COMMAND ${name}_test)
    set_tests_properties(${name} PROPERTIES TIMEOUT 900)
    return()
  endif()
  gtest_discover_tests(${name}_test TEST_PREFIX ${name}. PROPERTIES TIMEOUT 300 DISCOVERY_TIMEOUT 60)
endfunction()

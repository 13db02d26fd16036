# g++ 12 miscompiles coroutines: a capturing lambda, a braced aggregate or a conditional inside a co_await
# expression is freed twice or used after free. Stop here rather than ship that.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  message(FATAL_ERROR
    "g++ ${CMAKE_CXX_COMPILER_VERSION} miscompiles C++ coroutines. Use clang++-19 "
    "(scripts/install-dependencies, then cmake --preset release) or g++ 13 and later.")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
# One code model for libraries and programs alike, so that they share precompiled headers.
add_compile_options(-fPIE)
add_link_options(-pie)

set(WAYPOST_SANITIZE "" CACHE STRING "Sanitizers, as in -fsanitize=…")
option(WAYPOST_FUZZ "Build the fuzz targets" OFF)
option(WAYPOST_WERROR "Treat warnings as errors" ON)

set(CMAKE_CXX_FLAGS_SANITIZE "-O1 -g1 -fno-omit-frame-pointer" CACHE STRING "" FORCE)
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG" CACHE STRING "" FORCE)

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
                    -Wold-style-cast -Woverloaded-virtual -Wimplicit-fallthrough
                    # Naming some members of a struct and defaulting the rest is the point of the syntax.
                    -Wno-missing-field-initializers -Wno-missing-designated-field-initializers)
if(WAYPOST_WERROR)
  add_compile_options(-Werror)
endif()
if(WAYPOST_SANITIZE)
  add_compile_options(-fsanitize=${WAYPOST_SANITIZE} -fno-sanitize-recover=all)
  string(REPLACE "fuzzer-no-link," "" link_sanitize "${WAYPOST_SANITIZE}")
  add_link_options(-fsanitize=${link_sanitize})
else()
  add_compile_options(-D_FORTIFY_SOURCE=2 -fstack-protector-strong)
  add_link_options(-Wl,-z,relro,-z,now)
endif()

find_program(LLD ld.lld-19)
if(LLD)
  add_link_options(-fuse-ld=${LLD})
endif()

# Objects say the same wherever the checkout lies: their debug information names its files from its root.
add_compile_options(-fdebug-prefix-map=${CMAKE_SOURCE_DIR}=.)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_SOURCE_DIR}/cmake/cached-compiler ${CCACHE} ${CMAKE_SOURCE_DIR})
  # A precompiled header defeats ccache unless its time stamp is left out, and unless it is named as ccache knows it.
  add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
  set(CMAKE_CXX_COMPILE_OPTIONS_USE_PCH -include-pch <PCH_FILE>)
endif()

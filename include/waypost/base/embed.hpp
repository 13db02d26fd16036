#pragma once

/// Links a file into the program as it lies in the source: the assembler copies it into read-only data.
///
///     WAYPOST_EMBED(index, WAYPOST_FILES "/index.html")
///     std::string_view page(waypost_index_begin, waypost_index_end);
///
/// A zero byte follows the file. CMake has to say that the source depends on it (OBJECT_DEPENDS).
#define WAYPOST_EMBED(label, file)                                                                     \
  __asm__(".pushsection .rodata\n.balign 16\n.globl waypost_" #label "_begin\n.hidden waypost_" #label \
          "_begin\nwaypost_" #label "_begin:\n.incbin \"" file "\"\n.globl waypost_" #label            \
          "_end\n.hidden waypost_" #label "_end\nwaypost_" #label "_end:\n.byte 0\n.popsection\n");    \
  extern "C" const char waypost_##label##_begin[];                                                     \
  extern "C" const char waypost_##label##_end[];

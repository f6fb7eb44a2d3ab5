# qrt_aarch64: the runtime with its NEON kernels for AArch64 programs, in
# <build>/lib/aarch64/libqrt.a. Needs Debian's g++-aarch64-linux-gnu for headers and libraries.

set(QRT_AARCH64_SYSROOT /usr/aarch64-linux-gnu CACHE PATH "headers and libraries of AArch64")
if(NOT EXISTS ${QRT_AARCH64_SYSROOT}/include/stdio.h)
  message(STATUS "No AArch64 headers in ${QRT_AARCH64_SYSROOT}: qrt_aarch64 is not built "
    "(apt install g++-aarch64-linux-gnu)")
  return()
endif()

find_program(QRT_LLVM_AR NAMES llvm-ar-22 llvm-ar HINTS ${LLVM_TOOLS_BINARY_DIR} REQUIRED)
# Atomics inline: the out-of-line ones are in libgcc, which programs do not link.
set(QRT_AARCH64_FLAGS --target=aarch64-linux-gnu -mno-outline-atomics -std=c++17 -O3 -fPIC -fvisibility=hidden
  -ffunction-sections -fdata-sections -Wall -Wextra -Wno-unused-parameter ${QRT_PLAIN_FLAGS}
  -I${PROJECT_SOURCE_DIR}/include -I${CMAKE_CURRENT_SOURCE_DIR})

# qrt_aarch64_objects(LIST sources FLAGS flags...): appends the objects of the sources to LIST.
function(qrt_aarch64_objects result sources)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "FLAGS")
  foreach(source ${sources})
    string(REPLACE "/" "_" name ${source})
    set(object ${CMAKE_CURRENT_BINARY_DIR}/aarch64/${name}.o)
    add_custom_command(OUTPUT ${object}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_CURRENT_BINARY_DIR}/aarch64
      COMMAND ${CMAKE_CXX_COMPILER} ${QRT_AARCH64_FLAGS} ${arg_FLAGS} -MD -MF ${object}.d
        -c ${CMAKE_CURRENT_SOURCE_DIR}/${source} -o ${object}
      DEPENDS ${source} DEPFILE ${object}.d
      COMMENT "Building AArch64 object ${source}" VERBATIM)
    list(APPEND ${result} ${object})
  endforeach()
  set(${result} ${${result}} PARENT_SCOPE)
endfunction()

set(objects)
qrt_aarch64_objects(objects "${QRT_SOURCES}")
foreach(isa neon neon_dot neon_i8mm)
  string(TOUPPER ${isa} upper)
  qrt_aarch64_objects(objects "${QRT_${upper}_SOURCES}" FLAGS ${QRT_${upper}_FLAGS}
    -DQOPT_NUMERICS_ISA=${isa} -DQRT_SUFFIX=${isa})
endforeach()

set(QRT_AARCH64_LIBRARY ${PROJECT_BINARY_DIR}/lib/aarch64/libqrt.a CACHE INTERNAL "")
add_custom_command(OUTPUT ${QRT_AARCH64_LIBRARY}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/lib/aarch64
  COMMAND ${CMAKE_COMMAND} -E rm -f ${QRT_AARCH64_LIBRARY}
  COMMAND ${QRT_LLVM_AR} rcs ${QRT_AARCH64_LIBRARY} ${objects}
  DEPENDS ${objects} VERBATIM)
add_custom_target(qrt_aarch64 ALL DEPENDS ${QRT_AARCH64_LIBRARY})

# Compiler flags of the whole project. Numerics (docs/Numerics.md, N13) need
# -ffp-contract=off everywhere and forbid -ffast-math.

set(QOPT_OPTIMIZE "-O2" CACHE STRING "optimization level of compiler code; kernels are always -O3")
set(QOPT_SANITIZE "" CACHE STRING "value for -fsanitize=, or empty")

# Assertions stay on in every preset: a broken invariant must stop, not corrupt.
set(CMAKE_CXX_FLAGS_RELEASE "${QOPT_OPTIMIZE}")
set(CMAKE_C_FLAGS_RELEASE "${QOPT_OPTIMIZE}")
set(CMAKE_CXX_FLAGS_DEBUG "${QOPT_OPTIMIZE} -gline-tables-only")
set(CMAKE_C_FLAGS_DEBUG "${QOPT_OPTIMIZE} -gline-tables-only")

add_compile_options(-ffp-contract=off -Wall -Wextra -Wno-unused-parameter -Werror=return-type
  -ffunction-sections -fdata-sections)
add_link_options(-fuse-ld=lld -Wl,--gc-sections)

if(QOPT_SANITIZE)
  add_compile_options(-fsanitize=${QOPT_SANITIZE} -fno-sanitize-recover=undefined
    -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${QOPT_SANITIZE})
endif()

# Executables share the precompiled header of the libraries, so they need the same mode.
set(CMAKE_CXX_COMPILE_OPTIONS_PIE -fPIC)

find_program(QOPT_CCACHE ccache)
if(QOPT_CCACHE)
  # Precompiled headers are hashed by content only with these settings.
  set(QOPT_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros
    CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${QOPT_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${QOPT_LAUNCHER})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${QOPT_LAUNCHER})
endif()

include_directories(${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/include
  ${PROJECT_BINARY_DIR} ${PROJECT_BINARY_DIR}/include)

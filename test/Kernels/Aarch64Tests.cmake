# The kernel tests for AArch64, run by qemu-aarch64 on a CPU with all that it emulates. There is
# no GoogleTest for AArch64 in Debian, so that is built from its sources too.

find_path(QOPT_GTEST_SOURCES src/gtest-all.cc PATHS /usr/src/googletest/googletest)
if(NOT QOPT_GTEST_SOURCES)
  message(STATUS "No sources of GoogleTest: the NEON kernels are not tested "
    "(apt install googletest)")
  return()
endif()

set(flags --target=aarch64-linux-gnu -mno-outline-atomics -std=c++17 -O1 -ffp-contract=off
  -I${PROJECT_SOURCE_DIR}/include -I${QOPT_GTEST_SOURCES} -I${QOPT_GTEST_SOURCES}/include)
set(objects)
foreach(source ConvCase.cpp ConvTest.cpp DynamicTest.cpp ElementwiseTest.cpp PoolTest.cpp
    ${QOPT_GTEST_SOURCES}/src/gtest-all.cc ${QOPT_GTEST_SOURCES}/src/gtest_main.cc)
  cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
  cmake_path(GET source STEM name)
  set(object ${CMAKE_CURRENT_BINARY_DIR}/aarch64-${name}.o)
  add_custom_command(OUTPUT ${object}
    COMMAND ${CMAKE_CXX_COMPILER_LAUNCHER} ${CMAKE_CXX_COMPILER} ${flags} -MD -MF ${object}.d
      -c ${source} -o ${object}
    DEPENDS ${source} DEPFILE ${object}.d COMMENT "Building AArch64 test ${name}" VERBATIM)
  list(APPEND objects ${object})
endforeach()
set(tests ${PROJECT_BINARY_DIR}/bin/qopt-kernel-tests-aarch64)
add_custom_command(OUTPUT ${tests}
  COMMAND ${CMAKE_CXX_COMPILER} --target=aarch64-linux-gnu -fuse-ld=lld ${objects}
    ${QRT_AARCH64_LIBRARY} -lm -lpthread -l:libgomp.so.1 -o ${tests}
  DEPENDS ${objects} qrt_aarch64 ${QRT_AARCH64_LIBRARY} VERBATIM)
add_custom_target(qopt-kernel-tests-aarch64 ALL DEPENDS ${tests})
foreach(suite "Conv.RandomShapes" "Conv.*-Conv.RandomShapes" "-Conv.*")
  add_test(NAME "Aarch64.${suite}" COMMAND ${QOPT_QEMU_AARCH64} -cpu max -L ${QRT_AARCH64_SYSROOT}
    ${tests} "--gtest_filter=${suite}")
endforeach()

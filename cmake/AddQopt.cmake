# One call adds a room. Everything that touches MLIR links the one dylib target `MLIR`
# and is built without RTTI, as that dylib is.

# LLVM gives its definitions as one string with blanks.
separate_arguments(QOPT_LLVM_DEFINITIONS NATIVE_COMMAND "${LLVM_DEFINITIONS}")

# qopt_export(target part): installs the target with that part of the package (Install.cmake) as
# qopt::<name without "qopt">, and gives it the same name here.
function(qopt_export target part)
  string(REGEX REPLACE "^qopt([A-Z])" "\\1" name ${target})
  add_library(qopt::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  set(folders include)
  if(NOT part STREQUAL "Runtime" AND NOT part STREQUAL "CAPI")
    list(APPEND folders include/qopt-dialects)
  endif()
  foreach(folder ${folders})
    target_include_directories(${target} INTERFACE $<INSTALL_INTERFACE:${folder}>)
  endforeach()
  target_include_directories(${target} INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}>
    $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>)
  set_property(GLOBAL APPEND PROPERTY QOPT_PART_${part} ${target})
endfunction()

# The part of the package that the libraries of a folder belong to; dialects/ sets its own.
set(QOPT_PART Compiler)

# qopt_add_library(name SOURCES... [DEPENDS libs...]): code without MLIR.
function(qopt_add_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PUBLIC ${ARG_DEPENDS})
  qopt_export(${name} ${QOPT_PART})
endfunction()

# qopt_add_llvm_library(name SOURCES... [DEPENDS libs...]): code on LLVM's ADT and Support only.
# It may link the dylib `LLVM` beside `MLIR`, which depends on it.
function(qopt_add_llvm_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_compile_options(${name} PRIVATE -fno-rtti)
  target_compile_definitions(${name} PRIVATE ${QOPT_LLVM_DEFINITIONS})
  target_link_libraries(${name} PUBLIC ${ARG_DEPENDS} qopt::mlir_headers LLVM)
  qopt_export(${name} ${QOPT_PART})
endfunction()

# qopt_add_mlir_library(name SOURCES... [DEPENDS libs...]): code on MLIR. All such rooms
# share one precompiled header.
function(qopt_add_mlir_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_compile_options(${name} PRIVATE -fno-rtti)
  target_compile_definitions(${name} PRIVATE ${QOPT_LLVM_DEFINITIONS})
  target_link_libraries(${name} PUBLIC ${ARG_DEPENDS} qopt::mlir_headers MLIR LLVM)
  if(NOT name STREQUAL "qoptPCH")
    qopt_export(${name} ${QOPT_PART})
    target_precompile_headers(${name} REUSE_FROM qoptPCH)
    target_compile_options(${name} PRIVATE -Winvalid-pch)
  endif()
endfunction()

# qopt_tablegen(target td PREFIX path GENERATORS "flag=>suffix"...): outputs named
# <td stem><suffix> in the build tree, beside the room's place in the source tree.
function(qopt_tablegen target td)
  cmake_parse_arguments(ARG "" "" "GENERATORS" ${ARGN})
  get_filename_component(stem ${td} NAME_WE)
  set(LLVM_TARGET_DEFINITIONS ${td})
  set(TABLEGEN_OUTPUT)
  foreach(generator ${ARG_GENERATORS})
    string(REPLACE "=>" ";" pair ${generator})
    list(GET pair 0 flags)
    list(GET pair 1 suffix)
    separate_arguments(flags)
    mlir_tablegen(${stem}${suffix} ${flags} -I ${PROJECT_SOURCE_DIR} -I ${PROJECT_SOURCE_DIR}/include)
  endforeach()
  add_custom_target(${target} DEPENDS ${TABLEGEN_OUTPUT})
endfunction()

# qopt_add_stage_passes(Stage): include/qopt/<Stage>/Passes.td -> build/include/qopt/<Stage>/Passes.h.inc
function(qopt_add_stage_passes stage)
  set(LLVM_TARGET_DEFINITIONS ${PROJECT_SOURCE_DIR}/include/qopt/${stage}/Passes.td)
  set(out ${PROJECT_BINARY_DIR}/include/qopt/${stage}/Passes.h.inc)
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/include/qopt/${stage}
    COMMAND ${MLIR_TABLEGEN_EXE} -gen-pass-decls -name ${stage}
      -I ${MLIR_INCLUDE_DIRS} -I ${PROJECT_SOURCE_DIR}/include ${LLVM_TARGET_DEFINITIONS} -o ${out}
    COMMAND ${CMAKE_COMMAND} -D FILE=${out} -P ${PROJECT_SOURCE_DIR}/cmake/PassStatistics.cmake
    DEPENDS ${LLVM_TARGET_DEFINITIONS} ${MLIR_TABLEGEN_EXE}
      ${PROJECT_SOURCE_DIR}/cmake/PassStatistics.cmake)
  add_custom_target(qopt${stage}PassesGen DEPENDS ${out})
endfunction()

# qopt_add_unit_test(name SOURCES... [DEPENDS libs...] [LABELS labels...]): a GoogleTest
# program whose tests ctest knows one by one.
function(qopt_add_unit_test name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LABELS" ${ARGN})
  find_package(GTest REQUIRED)
  include(GoogleTest)
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} GTest::gtest GTest::gtest_main)
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT 600)
endfunction()

# qopt_add_tool(name SOURCES...): an executable on all of qopt.
function(qopt_add_tool name)
  add_executable(${name} ${ARGN})
  target_compile_options(${name} PRIVATE -fno-rtti)
  target_precompile_headers(${name} REUSE_FROM qoptPCH)
  target_link_libraries(${name} PRIVATE qoptAudit)
endfunction()

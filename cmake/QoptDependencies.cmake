# What qopt's libraries need of others, as targets without paths in them. The project includes this
# file, and so does the installed qoptConfig.cmake, so that both mean the same; the archives then name
# these targets and can be moved to another system.
#
#   qopt_find_dependencies(result part...)   parts: Runtime, CAPI, Dialects, Compiler
#
# `result` becomes empty, or says what is missing and how to get it.

# qopt_find_foreign(target library package required): an imported library by its plain name.
function(qopt_find_foreign target library package required)
  if(TARGET ${target})
    return()
  endif()
  find_library(QOPT_LIBRARY_${library} NAMES ${library})
  mark_as_advanced(QOPT_LIBRARY_${library})
  if(QOPT_LIBRARY_${library})
    add_library(${target} UNKNOWN IMPORTED GLOBAL)
    set_target_properties(${target} PROPERTIES IMPORTED_LOCATION "${QOPT_LIBRARY_${library}}")
  elseif(required)
    list(APPEND qopt_missing "lib${library} (Debian: ${package})")
    set(qopt_missing "${qopt_missing}" PARENT_SCOPE)
  endif()
endfunction()

# A macro: find_package of MLIR leaves variables that the caller wants (MLIR_CMAKE_DIR, ...).
macro(qopt_find_mlir)
  if(NOT MLIR_FOUND)
    find_package(MLIR CONFIG QUIET)
  endif()
  if(NOT MLIR_FOUND)
    list(APPEND qopt_missing "MLIR 22 (Debian: libmlir-22-dev; CMAKE_PREFIX_PATH=/usr/lib/llvm-22)")
  elseif(NOT LLVM_VERSION_MAJOR EQUAL 22)
    list(APPEND qopt_missing "MLIR 22, not the ${LLVM_PACKAGE_VERSION} in ${MLIR_DIR}")
  elseif(NOT TARGET qopt::mlir_headers)
    add_library(qopt::mlir_headers INTERFACE IMPORTED GLOBAL)
    set_target_properties(qopt::mlir_headers PROPERTIES
      INTERFACE_INCLUDE_DIRECTORIES "${MLIR_INCLUDE_DIRS};${LLVM_INCLUDE_DIRS}")
  endif()
endmacro()

macro(qopt_find_dependencies result)
  set(qopt_missing)
  foreach(qopt_part ${ARGN})
    if(qopt_part STREQUAL "Runtime")
      qopt_find_foreign(qopt::dnnl dnnl libdnnl-dev FALSE)
    elseif(qopt_part STREQUAL "Dialects")
      qopt_find_mlir()
    elseif(qopt_part STREQUAL "Compiler")
      qopt_find_mlir()
      qopt_find_foreign(qopt::dnnl dnnl libdnnl-dev TRUE)
      qopt_find_foreign(qopt::zip zip libzip-dev TRUE)
      qopt_find_foreign(qopt::onnx_proto onnx_proto libonnx-dev TRUE)
      find_package(Protobuf QUIET)
      if(NOT TARGET protobuf::libprotobuf)
        list(APPEND qopt_missing "protobuf (Debian: libprotobuf-dev)")
      endif()
    endif()
  endforeach()
  list(JOIN qopt_missing "; " ${result})
endmacro()

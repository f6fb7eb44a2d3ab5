# `cmake --install`: what find_package(qopt) of another project finds. Four parts, each with its
# export file, so that a part asks only for what it needs itself:
#
#   Runtime   qrt and qrt_dnnl: what programs link; needs no MLIR
#   CAPI      qopt-c: the compiler behind C functions; needs MLIR's shared library, not its headers
#   Dialects  Interfaces, NN, QOpt: the vocabulary, for a dialect that takes part
#   Compiler  the stages and all above them
#
# A room gets into its part by itself (AddQopt.cmake). The tools come along as component Tools.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(qopt_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/qopt)

foreach(part Runtime CAPI Dialects Compiler)
  get_property(targets GLOBAL PROPERTY QOPT_PART_${part})
  install(TARGETS ${targets} EXPORT qopt${part}
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT ${part}
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT ${part})
  install(EXPORT qopt${part} FILE qopt${part}Targets.cmake NAMESPACE qopt::
    DESTINATION ${qopt_cmake_dir} COMPONENT ${part})
endforeach()
if(TARGET qrt_aarch64) # beside the native one, where compiling for AArch64 looks for it
  install(FILES ${QRT_AARCH64_LIBRARY} DESTINATION ${CMAKE_INSTALL_LIBDIR}/aarch64 COMPONENT Runtime)
endif()

# Headers lie under names of the project's own. dialects/ is included as "dialects/...", by an
# include folder that holds only it.
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/qrt DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  COMPONENT Runtime)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/qopt-c DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  COMPONENT CAPI)
foreach(tree ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
  install(DIRECTORY ${tree}/dialects DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/qopt-dialects
    COMPONENT Dialects FILES_MATCHING PATTERN "*.h" PATTERN "*.td" PATTERN "*.h.inc"
    PATTERN PCH.h EXCLUDE PATTERN CMakeFiles EXCLUDE)
  install(DIRECTORY ${tree}/include/qopt DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
    COMPONENT Compiler FILES_MATCHING PATTERN "*.h" PATTERN "*.td" PATTERN "*.h.inc")
endforeach()

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/qoptConfig.cmake.in
  ${PROJECT_BINARY_DIR}/cmake/qoptConfig.cmake INSTALL_DESTINATION ${qopt_cmake_dir}
  PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR NO_CHECK_REQUIRED_COMPONENTS_MACRO)
# C++ has no stable ABI here: another minor version is another library.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/cmake/qoptConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/cmake/qoptConfig.cmake
  ${PROJECT_BINARY_DIR}/cmake/qoptConfigVersion.cmake
  ${CMAKE_CURRENT_LIST_DIR}/QoptDependencies.cmake DESTINATION ${qopt_cmake_dir} COMPONENT Runtime)

install(TARGETS qopt qopt-reduce qopt-lsp-server RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
  COMPONENT Tools)
install(TARGETS qopt-plugin LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT Tools)
set_target_properties(qopt qopt-reduce qopt-lsp-server qopt-plugin qopt-c PROPERTIES
  INSTALL_RPATH_USE_LINK_PATH ON)

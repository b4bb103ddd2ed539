# Installs the library, its public headers, a pkg-config file and a CMake package. find_package(mailpipe) and
# find_package(Mailpipe) both define mailpipe::mailpipe.
include(CMakePackageConfigHelpers)

install(TARGETS mailpipe EXPORT MailpipeTargets
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} NAMELINK_SKIP
    FILE_SET public DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS mailpipe LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} NAMELINK_ONLY)

configure_file(${CMAKE_SOURCE_DIR}/cmake/mailpipe.pc.in ${CMAKE_BINARY_DIR}/mailpipe.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/mailpipe.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

set(package_directory ${CMAKE_INSTALL_LIBDIR}/cmake/mailpipe)
configure_package_config_file(${CMAKE_SOURCE_DIR}/cmake/MailpipeConfig.cmake.in
    ${CMAKE_BINARY_DIR}/MailpipeConfig.cmake INSTALL_DESTINATION ${package_directory})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/MailpipeConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/MailpipeConfig.cmake ${CMAKE_BINARY_DIR}/MailpipeConfigVersion.cmake
    DESTINATION ${package_directory})
# find_package(mailpipe) looks for mailpipe-config.cmake.
install(FILES ${CMAKE_BINARY_DIR}/MailpipeConfig.cmake DESTINATION ${package_directory} RENAME mailpipe-config.cmake)
install(FILES ${CMAKE_BINARY_DIR}/MailpipeConfigVersion.cmake DESTINATION ${package_directory}
    RENAME mailpipe-config-version.cmake)
install(EXPORT MailpipeTargets NAMESPACE mailpipe:: DESTINATION ${package_directory})

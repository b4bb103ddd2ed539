# mailpipe_late_libraries(TARGET LIBRARIES target... OBJECTS file...): TARGET does not link the libraries but loads each
# when one of its functions is first called, by a stub for each function that OBJECTS, those of TARGET, call.
#
# Where there are no stubs for the architecture, or with MAILPIPE_LATE=OFF, it links them.
option(MAILPIPE_LATE "Load the large libraries when they are first used" ON)

set(MAILPIPE_LATE_STUBS ${CMAKE_SOURCE_DIR}/lib/late/stubs_${CMAKE_SYSTEM_PROCESSOR}.S)
if(MAILPIPE_LATE AND NOT EXISTS ${MAILPIPE_LATE_STUBS})
    message(STATUS "No late libraries on ${CMAKE_SYSTEM_PROCESSOR}: they are linked")
    set(MAILPIPE_LATE OFF)
endif()

# The file of an imported target or of a pkg-config module's only library.
function(mailpipe_library_file variable target)
    get_target_property(interface ${target} INTERFACE_LINK_LIBRARIES)
    get_target_property(file ${target} IMPORTED_LOCATION)
    foreach(configuration "" _RELEASE _NONE _NOCONFIG)
        if(NOT file)
            get_target_property(file ${target} IMPORTED_LOCATION${configuration})
        endif()
    endforeach()
    if(NOT file)
        list(GET interface 0 file)
    endif()
    file(REAL_PATH ${file} file)
    set(${variable} ${file} PARENT_SCOPE)
endfunction()

function(mailpipe_late_libraries TARGET)
    cmake_parse_arguments(ARG "" "" "LIBRARIES;OBJECTS" ${ARGN})
    set(files)
    set(sonames)
    foreach(library IN LISTS ARG_LIBRARIES)
        mailpipe_library_file(file ${library})
        execute_process(COMMAND ${CMAKE_OBJDUMP} -p ${file} OUTPUT_VARIABLE headers COMMAND_ERROR_IS_FATAL ANY)
        if(NOT headers MATCHES "SONAME +([^ \n]+)")
            message(FATAL_ERROR "${file} has no SONAME; -DMAILPIPE_LATE=OFF links it")
        endif()
        list(APPEND files ${file})
        list(APPEND sonames ${CMAKE_MATCH_1})
    endforeach()
    set(directory ${CMAKE_CURRENT_BINARY_DIR}/late)
    file(GENERATE OUTPUT ${directory}/objects.rsp CONTENT "$<JOIN:${ARG_OBJECTS},\n>\n")
    add_custom_command(OUTPUT ${directory}/late_functions.h
        COMMAND ${CMAKE_COMMAND} -DNM=${CMAKE_NM} -DOBJECTS=${directory}/objects.rsp "-DLIBRARIES=${files}"
            "-DSONAMES=${sonames}" -DOUTPUT=${directory}/late_functions.h
            -P ${CMAKE_SOURCE_DIR}/cmake/LateFunctions.cmake
        DEPENDS ${ARG_OBJECTS} ${directory}/objects.rsp ${files} ${CMAKE_SOURCE_DIR}/cmake/LateFunctions.cmake
        COMMENT "Finding the functions of late libraries" VERBATIM)
    set(sources ${MAILPIPE_LATE_STUBS} ${CMAKE_SOURCE_DIR}/lib/late/resolve.cpp)
    set_source_files_properties(${sources} PROPERTIES
        INCLUDE_DIRECTORIES ${directory} OBJECT_DEPENDS "${directory}/late_functions.h;${CMAKE_SOURCE_DIR}/lib/late/library_note.S")
    target_sources(${TARGET} PRIVATE ${sources})
    target_link_libraries(${TARGET} PRIVATE ${CMAKE_DL_LIBS})
endfunction()

# Flags that every target shares, as the interface target mailpipe_flags.
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
    # Debug information names the build directory; without it and with relative paths in the hash, every build
    # directory and every clone shares the cache.
    set(CMAKE_CXX_COMPILER_LAUNCHER
        env CCACHE_NOHASHDIR=1 CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} ${CCACHE_PROGRAM})
endif()

add_library(mailpipe_flags INTERFACE)
target_compile_options(mailpipe_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wformat=2 -Wundef
    $<$<BOOL:${MAILPIPE_WERROR}>:-Werror>)
target_compile_definitions(mailpipe_flags INTERFACE MAILPIPE_VERSION="${PROJECT_VERSION}")

if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # clang 14 against libstdc++ 12: the coroutine feature macros are missing although the feature works.
    target_compile_definitions(mailpipe_flags INTERFACE
        __cpp_impl_coroutine=201902L ASIO_HAS_CO_AWAIT=1 ASIO_HAS_STD_COROUTINE=1)
    target_compile_options(mailpipe_flags INTERFACE -Wno-builtin-macro-redefined)
endif()

if(MAILPIPE_SANITIZE)
    target_compile_options(mailpipe_flags INTERFACE
        -fsanitize=${MAILPIPE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(mailpipe_flags INTERFACE -fsanitize=${MAILPIPE_SANITIZE})
else()
    target_link_options(mailpipe_flags INTERFACE -Wl,--no-undefined)
    target_compile_options(mailpipe_flags INTERFACE -fstack-protector-strong)
    target_compile_definitions(mailpipe_flags INTERFACE $<$<CONFIG:Release,RelWithDebInfo>:_FORTIFY_SOURCE=2>)
endif()

find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
    target_link_options(mailpipe_flags INTERFACE -fuse-ld=mold)
endif()

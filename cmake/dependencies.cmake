# Third-party libraries, each an imported target: rdkafka, rocksdb, xxhash, jansson, pcre2, protobuf, curl, tg_allocator, GTest::*.
# tools/setup installs what is missing; librdkafka may come from its prefix TG_DEPS_DIR.

if(DEFINED ENV{TG_DEPS_DIR})
    set(tg_deps_default "$ENV{TG_DEPS_DIR}")
else()
    set(tg_deps_default "${CMAKE_SOURCE_DIR}/build/deps")
endif()
set(TG_DEPS_DIR "${tg_deps_default}" CACHE PATH "where tools/setup put what Debian is too old for")

find_package(RdKafka 2.15 REQUIRED)

# tg_find(<target> <debian package> <header> <library, or HEADER_ONLY>)
function(tg_find target package header library)
    find_path(${target}_include "${header}")
    if(NOT library STREQUAL "HEADER_ONLY")
        find_library(${target}_library "${library}")
    endif()
    if(NOT ${target}_include OR (NOT library STREQUAL "HEADER_ONLY" AND NOT ${target}_library))
        message(FATAL_ERROR "${target} is missing (no <${header}> or no library): install ${package}, "
                            "or run `tools/setup build`")
    endif()
    add_library(${target} INTERFACE)
    target_include_directories(${target} SYSTEM INTERFACE "${${target}_include}")
    if(NOT library STREQUAL "HEADER_ONLY")
        target_link_libraries(${target} INTERFACE "${${target}_library}")
    endif()
    mark_as_advanced(${target}_include ${target}_library)
endfunction()

tg_find(rocksdb librocksdb-dev rocksdb/c.h rocksdb)
tg_find(xxhash libxxhash-dev xxhash.h HEADER_ONLY)
tg_find(jansson libjansson-dev jansson.h jansson)
tg_find(pcre2 libpcre2-dev pcre2.h pcre2-8)
tg_find(protobuf libprotoc-dev google/protobuf/compiler/parser.h protobuf)
tg_find(curl libcurl4-openssl-dev curl/curl.h curl)

# The allocator is replaced in what is shipped only: sanitizers and coverage bring or want their own.
add_library(tg_allocator INTERFACE)
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT TG_SANITIZE)
    tg_find(jemalloc libjemalloc-dev jemalloc/jemalloc.h jemalloc)
    target_link_options(tg_allocator INTERFACE -Wl,--no-as-needed)
    target_link_libraries(tg_allocator INTERFACE jemalloc)
endif()

if(TG_TESTS)
    tg_find(avro libavro-dev avro.h avro)
    find_package(GTest REQUIRED)
    include(GoogleTest)
endif()

# Finds librdkafka and makes the imported target `rdkafka`. The system's is taken if it is new enough (linked as it was
# installed), else the static one that tools/setup built in TG_DEPS_DIR, which has a thread sanitizer twin.
# Older than 2.15 is refused: 2.0.2 (Debian 12) has known exactly-once defects.

# tg_rdkafka_version(<header> <variable>): major.minor.patch from RD_KAFKA_VERSION 0xMMmmrrpp.
function(tg_rdkafka_version header ret)
    file(STRINGS "${header}" line REGEX "^#define RD_KAFKA_VERSION +0x")
    string(REGEX MATCH "0x(..)(..)(..)" matched "${line}")
    math(EXPR version_major "0x${CMAKE_MATCH_1}")
    math(EXPR version_minor "0x${CMAKE_MATCH_2}")
    math(EXPR version_patch "0x${CMAKE_MATCH_3}")
    set(${ret} "${version_major}.${version_minor}.${version_patch}" PARENT_SCOPE)
endfunction()

unset(RdKafka_own_library CACHE)
set(tg_rdkafka_variant lib)
if(TG_SANITIZE STREQUAL "thread" AND EXISTS "${TG_DEPS_DIR}/lib-tsan/librdkafka.a")
    set(tg_rdkafka_variant lib-tsan)
endif()
find_path(RdKafka_system_include librdkafka/rdkafka.h)
find_library(RdKafka_system_library rdkafka)
find_path(RdKafka_own_include librdkafka/rdkafka.h PATHS "${TG_DEPS_DIR}/include" NO_DEFAULT_PATH)
find_file(RdKafka_own_library librdkafka.a PATHS "${TG_DEPS_DIR}/${tg_rdkafka_variant}" NO_DEFAULT_PATH)
mark_as_advanced(RdKafka_system_include RdKafka_system_library RdKafka_own_include RdKafka_own_library)

set(RdKafka_why "no <librdkafka/rdkafka.h> on the system")
if(RdKafka_system_include AND RdKafka_system_library)
    tg_rdkafka_version("${RdKafka_system_include}/librdkafka/rdkafka.h" RdKafka_VERSION)
    set(RdKafka_why "the system's librdkafka is ${RdKafka_VERSION}, which can lose or double records in transactions")
endif()

if(RdKafka_VERSION AND RdKafka_VERSION VERSION_GREATER_EQUAL RdKafka_FIND_VERSION)
    set(RdKafka_include "${RdKafka_system_include}")
    set(RdKafka_link "${RdKafka_system_library}")
elseif(RdKafka_own_include AND RdKafka_own_library)
    tg_rdkafka_version("${RdKafka_own_include}/librdkafka/rdkafka.h" RdKafka_VERSION)
    set(RdKafka_include "${RdKafka_own_include}")
    find_package(OpenSSL REQUIRED)
    find_package(ZLIB REQUIRED)
    find_library(RdKafka_zstd zstd REQUIRED)
    find_library(RdKafka_lz4 lz4 REQUIRED)
    mark_as_advanced(RdKafka_zstd RdKafka_lz4)
    set(RdKafka_link "${RdKafka_own_library}" OpenSSL::SSL OpenSSL::Crypto ZLIB::ZLIB "${RdKafka_zstd}"
                     "${RdKafka_lz4}" ${CMAKE_DL_LIBS} Threads::Threads m)
else()
    unset(RdKafka_VERSION)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(RdKafka REQUIRED_VARS RdKafka_include VERSION_VAR RdKafka_VERSION
    REASON_FAILURE_MESSAGE "librdkafka ${RdKafka_FIND_VERSION} or newer is needed: ${RdKafka_why}, and there is no \
newer one in ${TG_DEPS_DIR}. Run `tools/setup build`, which builds it there.")

if(RdKafka_FOUND AND NOT TARGET rdkafka)
    add_library(rdkafka INTERFACE)
    target_include_directories(rdkafka SYSTEM INTERFACE "${RdKafka_include}")
    target_link_libraries(rdkafka INTERFACE ${RdKafka_link})
endif()

# Options, compile flags and the functions that the folders' CMakeLists.txt call.

option(TG_TESTS "build the unit tests, integration tests and fuzz replays" ON)
option(TG_TAINT_CHECK "resolve the outcome of a commit after an unanswered request (OFF: fault tests only)" ON)
option(TG_FAILPOINTS "compile the named fail points in" OFF)
option(TG_COVERAGE "count executed lines with gcov" OFF)
option(TG_FUZZ "build fuzz targets with libFuzzer (clang) instead of corpus replays" OFF)
# What a debugger wants takes a quarter of the compile time; line numbers, which reports name, do not.
if(DEFINED ENV{CI})
    set(tg_debug_info -g1)
else()
    set(tg_debug_info -g)
endif()
set(TG_DEBUG_INFO ${tg_debug_info} CACHE STRING "debug information; only line numbers where CI is set")
set(TG_SANITIZE "" CACHE STRING "sanitizers: empty, 'address,undefined' or 'thread'")
set_property(CACHE TG_SANITIZE PROPERTY STRINGS "" "address,undefined" "thread")

if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Debug CACHE STRING "Debug or Release" FORCE)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND (NOT TG_TAINT_CHECK OR TG_FAILPOINTS))
    message(FATAL_ERROR "TG_TAINT_CHECK=OFF and TG_FAILPOINTS=ON weaken the program on purpose and are for "
                        "test builds only: use CMAKE_BUILD_TYPE=Debug")
endif()

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}")
set(TG_GENERATED_DIR "${CMAKE_BINARY_DIR}/generated")

include(CheckPIESupported)
check_pie_supported()
find_package(Threads REQUIRED)

# tg_flags: what every target of ours is compiled with.
add_library(tg_flags INTERFACE)
target_include_directories(tg_flags INTERFACE "${CMAKE_SOURCE_DIR}" "${TG_GENERATED_DIR}")
target_link_libraries(tg_flags INTERFACE Threads::Threads m)
target_compile_definitions(tg_flags INTERFACE $<$<COMPILE_LANGUAGE:C>:_GNU_SOURCE=>)
target_compile_options(tg_flags INTERFACE
    -Wall -Wextra -Wformat=2 -Werror -fno-omit-frame-pointer ${TG_DEBUG_INFO}
    $<$<COMPILE_LANGUAGE:C>:-Wshadow>
    $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes>
    $<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes>
    $<$<COMPILE_LANGUAGE:C>:-Wconversion>
    $<$<COMPILE_LANGUAGE:C>:-Wswitch-enum>
    $<$<COMPILE_LANGUAGE:C>:-Wvla>)

if(NOT TG_TAINT_CHECK)
    target_compile_definitions(tg_flags INTERFACE TG_TAINT_CHECK_OFF)
endif()
if(TG_FAILPOINTS)
    target_compile_definitions(tg_flags INTERFACE TG_FAILPOINTS=1)
endif()

if(TG_SANITIZE)
    target_compile_options(tg_flags INTERFACE -fsanitize=${TG_SANITIZE} -fno-sanitize-recover=all)
    target_link_options(tg_flags INTERFACE -fsanitize=${TG_SANITIZE})
    if(NOT TG_SANITIZE STREQUAL "thread")
        target_compile_definitions(tg_flags INTERFACE _GLIBCXX_ASSERTIONS)
    endif()
endif()
if(TG_COVERAGE)
    target_compile_options(tg_flags INTERFACE --coverage)
    target_link_options(tg_flags INTERFACE --coverage)
endif()
if(TG_FUZZ)
    if(NOT CMAKE_C_COMPILER_ID STREQUAL "Clang")
        message(FATAL_ERROR "TG_FUZZ needs clang, found ${CMAKE_C_COMPILER_ID}: use `cmake --preset fuzz`")
    endif()
    target_compile_options(tg_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

if(CMAKE_BUILD_TYPE STREQUAL "Release")
    set(CMAKE_C_FLAGS_RELEASE "-O2")
    set(CMAKE_CXX_FLAGS_RELEASE "-O2")
    set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64|AMD64)$")
        target_compile_options(tg_flags INTERFACE -march=x86-64-v2 -fcf-protection=full)
    endif()
    target_compile_options(tg_flags INTERFACE
        -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection
        -ftrivial-auto-var-init=zero)
    target_link_options(tg_flags INTERFACE
        -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code -Wl,--as-needed)
else()
    set(CMAKE_C_FLAGS_DEBUG "-O1")
    # Only tests are C++: not optimised, they compile four times as fast.
    set(CMAKE_CXX_FLAGS_DEBUG "-O0")
endif()

# tg_sanitizer_options: default options of the sanitizers, linked into every program of a sanitizer build.
add_library(tg_sanitizer_options OBJECT "${CMAKE_SOURCE_DIR}/cmake/sanitizer_options.c")
target_link_libraries(tg_sanitizer_options PRIVATE tg_flags)

include(dependencies)

# tg_library(<folder> [SUBFOLDERS a b] [SOURCES c.c] [DEPENDS tg_x ...] [PRIVATE_LIBS lib ...] [TEST_LIBS lib ...])
# Static library tg_<folder> of all *.c in the current folder and the named sub-folders (main.c excepted; SOURCES
# replaces the globbing). tests/*.cpp and tests/*.c of these folders make the program tg_<folder>_tests.
# DEPENDS are our libraries and visible to users; PRIVATE_LIBS are third-party and visible here only.
function(tg_library name)
    cmake_parse_arguments(arg "" "" "SUBFOLDERS;SOURCES;DEPENDS;PRIVATE_LIBS;TEST_LIBS" ${ARGN})
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "tg_library(${name}): unknown arguments ${arg_UNPARSED_ARGUMENTS}")
    endif()
    set(sources ${arg_SOURCES})
    set(tests "")
    foreach(folder IN ITEMS . LISTS arg_SUBFOLDERS)
        file(GLOB found_tests CONFIGURE_DEPENDS ${folder}/tests/*.cpp ${folder}/tests/*.c)
        list(APPEND tests ${found_tests})
        if(NOT arg_SOURCES)
            file(GLOB found CONFIGURE_DEPENDS ${folder}/*.c)
            list(FILTER found EXCLUDE REGEX "/main\\.c$")
            list(APPEND sources ${found})
        endif()
    endforeach()
    if(NOT sources)
        file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/empty.c" "typedef int tg_empty_translation_unit;\n")
        set(sources "${CMAKE_CURRENT_BINARY_DIR}/empty.c")
    endif()

    add_library(tg_${name} STATIC ${sources})
    target_link_libraries(tg_${name} PUBLIC tg_flags ${arg_DEPENDS} PRIVATE ${arg_PRIVATE_LIBS})

    if(TG_TESTS AND tests)
        tg_test_program(tg_${name}_tests SOURCES ${tests} DEPENDS tg_${name} ${arg_TEST_LIBS} LABEL unit)
    endif()
endfunction()

# tg_program(<name> SOURCES main.c ... DEPENDS tg_x ...): an executable in the root of the build directory.
function(tg_program name)
    cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE ${arg_DEPENDS} tg_flags tg_allocator)
    if(TG_SANITIZE)
        target_link_libraries(${name} PRIVATE tg_sanitizer_options)
    endif()
endfunction()

# tg_test_program(<name> SOURCES x_test.cpp ... DEPENDS tg_x ... LABEL unit|broker|... [SERIAL] [TIMEOUT seconds]
#                 [FIXTURE name])
# A GoogleTest program whose tests ctest lists one by one. SERIAL: no other test runs beside one of these. FIXTURE: what
# ctest sets up first.
function(tg_test_program name)
    cmake_parse_arguments(arg "SERIAL" "LABEL;TIMEOUT;FIXTURE" "SOURCES;DEPENDS" ${ARGN})
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 120)
    endif()
    set(properties "")
    if(arg_SERIAL)
        list(APPEND properties RUN_SERIAL ON)
    endif()
    if(arg_FIXTURE)
        list(APPEND properties FIXTURES_REQUIRED ${arg_FIXTURE})
    endif()
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE ${arg_DEPENDS} tg_flags GTest::gmock GTest::gtest_main)
    target_compile_definitions(${name} PRIVATE TG_SOURCE_DIR="${CMAKE_SOURCE_DIR}" TG_BINARY_DIR="${CMAKE_BINARY_DIR}")
    if(TG_SANITIZE)
        target_link_libraries(${name} PRIVATE tg_sanitizer_options)
    endif()
    # Without the values of parameters: of a struct they are bytes, pointers among them, and differ from run to run.
    gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST NO_PRETTY_VALUES
        PROPERTIES LABELS "${arg_LABEL}" TIMEOUT ${arg_TIMEOUT} ${properties})
endfunction()

# tg_generate_list(OUT families.inc DIR expr/functions PREFIX tg_functions_ [FOLDERS] [EXCLUDE name ...])
# Writes one line `X(<prefix><name>)` per *.c file of DIR (with FOLDERS: per sub-folder that holds a *.c file), sorted by
# name, so that adding a file registers what it defines. Included as "<this folder>/families.inc".
function(tg_generate_list)
    cmake_parse_arguments(arg "FOLDERS" "OUT;DIR;PREFIX" "EXCLUDE" ${ARGN})
    set(dir "${CMAKE_SOURCE_DIR}/${arg_DIR}")
    if(arg_FOLDERS)
        file(GLOB files CONFIGURE_DEPENDS RELATIVE "${dir}" "${dir}/*/*.c")
        list(TRANSFORM files REPLACE "/.*$" "")
    else()
        file(GLOB files CONFIGURE_DEPENDS RELATIVE "${dir}" "${dir}/*.c")
        list(TRANSFORM files REPLACE "\\.c$" "")
    endif()
    list(REMOVE_DUPLICATES files)
    list(SORT files)
    set(text "/* Generated from the file names in ${arg_DIR} by tg_generate_list. */\n")
    foreach(stem IN LISTS files)
        if(NOT stem IN_LIST arg_EXCLUDE AND NOT stem STREQUAL "tests")
            string(APPEND text "X(${arg_PREFIX}${stem})\n")
        endif()
    endforeach()
    file(RELATIVE_PATH folder "${CMAKE_SOURCE_DIR}" "${CMAKE_CURRENT_SOURCE_DIR}")
    file(CONFIGURE OUTPUT "${TG_GENERATED_DIR}/${folder}/${arg_OUT}" CONTENT "${text}" @ONLY)
endfunction()

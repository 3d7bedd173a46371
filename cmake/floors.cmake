# How a floor of the house (a folder below catenary/) becomes a library, and its x_test.cc files a test program.

# -ffp-contract=off: whether a*b+c is fused is our decision (an explicit FMA), never the compiler's,
# or the same kernel could round differently on two SIMD targets (docs/adr/0008-order-of-addition-as-a-whole.md).
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -ffp-contract=off)
# At -O3 GCC 12 reports overflows and uninitialised members inside std::string and std::map that are not there (GCC bugs
# 105329 and 105651). The other configurations keep these warnings.
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  add_compile_options($<$<CONFIG:Release>:-Wno-restrict> $<$<CONFIG:Release>:-Wno-stringop-overflow>
                      $<$<CONFIG:Release>:-Wno-maybe-uninitialized>)
endif()
if(CATENARY_WERROR)
  add_compile_options(-Werror)
endif()

# Highway's headers without its library: kernels choose their target themselves, and Highway's own debug checks, the
# one other reason to link it, are off. So users of Catenary need no Highway.
add_library(catenary_highway INTERFACE)
target_include_directories(catenary_highway INTERFACE $<TARGET_PROPERTY:hwy::hwy,INTERFACE_INCLUDE_DIRECTORIES>)
target_compile_definitions(catenary_highway INTERFACE HWY_IS_DEBUG_BUILD=0)

# catenary_join(TARGET [APART names...]): compiles sources together, six at a time, but for those named (CATENARY_JOIN): most
# of a compiler's time goes into the standard library's headers, and into templates that every file instantiates again.
# APART are those that use a name of another for something else; ALL: each by itself. The preset dev compiles each file by
# itself, so that a missing include shows.
function(catenary_join target)
  cmake_parse_arguments(JOIN "" "" "APART" ${ARGN})
  if(NOT CATENARY_JOIN OR JOIN_APART STREQUAL ALL)
    return()
  endif()
  get_target_property(sources ${target} SOURCES)
  foreach(source IN LISTS sources)
    cmake_path(GET source STEM stem)
    if(stem IN_LIST JOIN_APART)
      set_property(SOURCE ${source} PROPERTY SKIP_UNITY_BUILD_INCLUSION ON)
    endif()
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 6)
endfunction()

# catenary_floor(NAME USES targets... INSIDE targets... APART names...): library catenary_NAME from catenary/NAME/*.cc, and
# the test program NAME_test from catenary/NAME/*_test.cc. USES: what its headers need as well. INSIDE: what only its .cc
# files need, so that nobody above sees it. APART: sources that are not joined with others; ALL: none is.
function(catenary_floor name)
  cmake_parse_arguments(FLOOR "" "" "USES;INSIDE;APART" ${ARGN})
  set(folder ${PROJECT_SOURCE_DIR}/catenary/${name})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${folder}/*.cc)
  file(GLOB_RECURSE tests CONFIGURE_DEPENDS ${folder}/*_test.cc)
  list(REMOVE_ITEM sources ${tests} "")
  if(NOT sources)
    add_library(catenary_${name} INTERFACE)
    target_include_directories(catenary_${name} INTERFACE ${PROJECT_SOURCE_DIR})
    target_link_libraries(catenary_${name} INTERFACE ${FLOOR_USES})
  else()
    add_library(catenary_${name} STATIC ${sources})
    target_include_directories(catenary_${name} PUBLIC ${PROJECT_SOURCE_DIR})
    target_link_libraries(catenary_${name} PUBLIC ${FLOOR_USES} PRIVATE ${FLOOR_INSIDE})
    set_property(GLOBAL APPEND PROPERTY CATENARY_FLOORS catenary_${name})
    catenary_join(catenary_${name} APART ${FLOOR_APART})
  endif()
  if(tests AND CATENARY_TESTS)
    catenary_test(${name}_test SOURCES ${tests} USES catenary_${name} ${FLOOR_INSIDE} APART ${FLOOR_APART})
  endif()
endfunction()

# catenary_test(NAME SOURCES files... USES targets... APART names...): a GoogleTest program whose cases ctest knows one by
# one, as NAME/Suite.Case. A case or suite whose name begins with "Slow" gets the label slow. APART as above. With
# CATENARY_TESTS_BY_PROGRAM a program's quick cases are two tests, NAME/0 and NAME/1: with sanitizers a program takes
# longer to begin than most cases take.
function(catenary_test name)
  cmake_parse_arguments(TEST "" "" "SOURCES;USES;APART" ${ARGN})
  add_executable(${name} ${TEST_SOURCES})
  target_link_libraries(${name} PRIVATE ${TEST_USES} catenary_test_support)
  catenary_join(${name} APART ${TEST_APART})
  if(CATENARY_JOIN)
    target_precompile_headers(${name} REUSE_FROM catenary_test_support)
  endif()
  set(slow "*.Slow*:Slow*.*:*/Slow*.*")
  if(CATENARY_TESTS_BY_PROGRAM)
    foreach(shard 0 1)
      add_test(NAME ${name}/${shard} COMMAND ${name} --gtest_brief=1 --gtest_filter=-${slow}
               WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
      set_tests_properties(${name}/${shard} PROPERTIES TIMEOUT 900
                           ENVIRONMENT "GTEST_TOTAL_SHARDS=2;GTEST_SHARD_INDEX=${shard}")
    endforeach()
    return()
  endif()
  set(common TEST_PREFIX "${name}/" DISCOVERY_TIMEOUT 60 NO_PRETTY_VALUES WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  # Tables that tests have no memory for go to the build folder and not to the home of who runs them.
  set(cache ENVIRONMENT "XDG_CACHE_HOME=${CMAKE_BINARY_DIR}/cache")
  gtest_discover_tests(${name} ${common} TEST_FILTER "-${slow}" TEST_LIST ${name}_quick PROPERTIES TIMEOUT 300 ${cache})
  gtest_discover_tests(${name} ${common} TEST_FILTER "${slow}" TEST_LIST ${name}_slow
                       PROPERTIES TIMEOUT 900 LABELS slow ${cache})
endfunction()

# catenary_library(): the one library that users link, catenary::catenary, made of the objects of all floors, and its
# installation: public headers, archive, what find_package(catenary) reads, and what people read.
function(catenary_library)
  get_property(floors GLOBAL PROPERTY CATENARY_FLOORS)
  list(TRANSFORM floors REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>" OUTPUT_VARIABLE objects)
  add_library(catenary STATIC ${objects})
  add_library(catenary::catenary ALIAS catenary)
  set_target_properties(catenary PROPERTIES LINKER_LANGUAGE CXX)
  target_compile_features(catenary PUBLIC cxx_std_20)
  target_include_directories(catenary PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
                                             $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  # The private ones are linked, but our headers do not include theirs. Keep in step with catenaryConfig.cmake.in.
  target_link_libraries(catenary PUBLIC fmt::fmt Threads::Threads PRIVATE tomlplusplus::tomlplusplus ZLIB::ZLIB)

  set(package ${CMAKE_INSTALL_LIBDIR}/cmake/catenary)
  target_sources(catenary PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${CATENARY_PUBLIC_HEADERS})
  install(TARGETS catenary EXPORT catenary FILE_SET HEADERS)
  install(EXPORT catenary NAMESPACE catenary:: FILE catenaryTargets.cmake DESTINATION ${package})
  configure_package_config_file(cmake/catenaryConfig.cmake.in catenaryConfig.cmake INSTALL_DESTINATION ${package})
  # Below 1.0 a new minor version may break its users.
  write_basic_package_version_file(catenaryConfigVersion.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${PROJECT_BINARY_DIR}/catenaryConfig.cmake ${PROJECT_BINARY_DIR}/catenaryConfigVersion.cmake
          DESTINATION ${package})
  # In a project that has Catenary as a part of it this folder is the project's own.
  if(PROJECT_IS_TOP_LEVEL)
    # As they lie in the repository, so that their links to each other hold.
    install(FILES LICENSE README.md README.zh.md CHANGELOG.md CONTRIBUTING.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
    install(DIRECTORY docs examples DESTINATION ${CMAKE_INSTALL_DOCDIR} PATTERN CMakeLists.txt EXCLUDE)
  endif()
endfunction()

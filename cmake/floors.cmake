# How a floor of the house (a folder below catenary/) becomes a library, and its x_test.cc files a test program.

# -ffp-contract=off: whether a*b+c is fused is our decision (an explicit FMA), never the compiler's,
# or the same kernel could round differently on two SIMD targets (DESIGN 1.5).
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -ffp-contract=off)
if(CATENARY_WERROR)
  add_compile_options(-Werror)
endif()

# catenary_floor(NAME USES targets...): library catenary_NAME from catenary/NAME/*.cc, and the test program
# NAME_test from catenary/NAME/*_test.cc. Tests whose name starts with "Slow" get the label slow.
function(catenary_floor name)
  cmake_parse_arguments(FLOOR "" "" "USES" ${ARGN})
  set(folder ${PROJECT_SOURCE_DIR}/catenary/${name})
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cc)
  file(GLOB tests CONFIGURE_DEPENDS ${folder}/*_test.cc)
  if(tests)
    list(REMOVE_ITEM sources ${tests})
  endif()
  if(NOT sources)
    add_library(catenary_${name} INTERFACE)
    target_link_libraries(catenary_${name} INTERFACE ${FLOOR_USES})
  else()
    add_library(catenary_${name} STATIC ${sources})
    target_include_directories(catenary_${name} PUBLIC ${PROJECT_SOURCE_DIR})
    target_link_libraries(catenary_${name} PUBLIC ${FLOOR_USES})
    set_property(GLOBAL APPEND PROPERTY CATENARY_FLOORS catenary_${name})
  endif()
  if(tests AND CATENARY_TESTS)
    catenary_test(${name}_test SOURCES ${tests} USES catenary_${name})
  endif()
endfunction()

# catenary_test(NAME SOURCES files... USES targets...): a GoogleTest program whose cases ctest knows one by one.
function(catenary_test name)
  cmake_parse_arguments(TEST "" "" "SOURCES;USES" ${ARGN})
  add_executable(${name} ${TEST_SOURCES})
  target_link_libraries(${name} PRIVATE ${TEST_USES} catenary_test_support GTest::gmock GTest::gtest_main rapidcheck)
  gtest_discover_tests(${name} TEST_PREFIX "${name}/" DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 600
                       WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
endfunction()

# catenary_library(): the one library that users link, made of every floor's objects.
function(catenary_library)
endfunction()

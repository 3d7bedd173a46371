# A program without shared libraries. Debian has archives of zlib and libstdc++, but none of fmt and toml++: those two
# are compiled from their headers.
set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
# -static-pie, as with -static the first exception sorts all of the program's frames: a millisecond at start-up.
add_compile_options(-ffunction-sections -fdata-sections)
add_link_options(-static-pie -Wl,--gc-sections -Wl,-z,pack-relative-relocs)
add_library(static_fmt STATIC cmake/static_fmt.cc)
target_compile_options(static_fmt PRIVATE -w -Os)
add_library(fmt::fmt INTERFACE IMPORTED)
target_link_libraries(fmt::fmt INTERFACE static_fmt)
add_library(tomlplusplus::tomlplusplus INTERFACE IMPORTED)
target_compile_definitions(tomlplusplus::tomlplusplus INTERFACE TOML_HEADER_ONLY=1)

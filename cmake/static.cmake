# A program without shared libraries. Debian has archives of zlib and libstdc++, but none of fmt and toml++: those two
# are compiled in from their headers.
set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
add_link_options(-static)
add_library(fmt::fmt INTERFACE IMPORTED)
target_compile_definitions(fmt::fmt INTERFACE FMT_HEADER_ONLY=1)
add_library(tomlplusplus::tomlplusplus INTERFACE IMPORTED)
target_compile_definitions(tomlplusplus::tomlplusplus INTERFACE TOML_HEADER_ONLY=1)

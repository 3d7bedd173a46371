#pragma once

/// Included first by every public header, directly or through others, so that a compiler of an older standard
/// says one line. A file that does not exist, as compilers stop there; after an #error they would go on and
/// complain about all that they do not understand.
#if __cplusplus < 202002L
#include "Catenary needs C++20: compile with -std=c++20"
#endif

#pragma once

#include <cstdint>
#include <span>

namespace catenary {

/// Makes a matrix [rows, columns], row-major, one of orthonormal columns, or of orthonormal rows where it has
/// fewer rows: the Q of its QR decomposition by Householder's reflections, in one order on every machine,
/// with a positive diagonal of R. So of independent normal numbers every orthogonal matrix is equally likely
/// [Mezzadri 2007, "How to generate random matrices from the classical compact groups"].
void orthonormalise(std::span<double> matrix, std::int64_t rows, std::int64_t columns);

}  // namespace catenary

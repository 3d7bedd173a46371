#include "catenary/derive/render/latex_matrix.h"

#include <fmt/format.h>

#include <string_view>

namespace catenary::derive {

std::string latex_matrix(const Numbers& numbers) {
  const auto cells = number_cells(numbers);
  const auto number = [](std::string cell) {
    if (cell.starts_with("−")) cell.replace(0, std::string_view("−").size(), "-");
    if (cell == "…") return std::string(R"(\cdots)");
    const std::size_t e = cell.find('e');
    return e == std::string::npos
               ? cell
               : fmt::format(R"({} \cdot 10^{{{}}})", cell.substr(0, e), std::stoi(cell.substr(e + 1)));
  };
  if (numbers.shape.rank() == 0) return number(cells[0][0]);
  std::string rows;
  for (const auto& row : cells) {
    if (!rows.empty()) rows += R"( \\ )";
    for (std::size_t j = 0; j < row.size(); ++j) rows += (j > 0 ? " & " : "") + number(row[j]);
  }
  return R"(\begin{pmatrix} )" + rows + R"( \end{pmatrix})";
}

}  // namespace catenary::derive

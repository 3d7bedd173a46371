// Gradients of chapter 2 of the Matrix Cookbook [Petersen and Pedersen 2012], simplified and written down: as
// short as the book's, and right.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "catenary/derive/formula/formula.h"
#include "catenary/ops/ops.h"
#include "catenary/transform/check/gradcheck.h"
#include "catenary/transform/gradient.h"
#include "catenary/transform/simplify/simplify.h"
#include "tests/support/same_value.h"

namespace catenary {
namespace {

using testing_support::relative_difference;
using testing_support::well_conditioned;

// Leaves by their names: capital letters are matrices [3, 3], or [4, 4] for J, K, L and M and [4, 3] for R;
// small letters are vectors [3], t and u scalars. L, M and S equal their transposes.
class Book {
 public:
  Value operator[](char name) {
    const std::string text(1, name);
    if (const Value known = graph_.find(text)) return known;
    const Value leaf = graph_.parameter(text, shape_of(name), {}, DType::kF64);
    if (name == 'L' || name == 'M' || name == 'S') symmetric.push_back(leaf);
    return leaf;
  }
  std::vector<Value> symmetric;

 private:
  static Shape shape_of(char name) {
    if (name >= 'J' && name <= 'M') return {4, 4};
    if (name == 't' || name == 'u') return {};
    if (name == 'R') return {4, 3};
    return name >= 'a' ? Shape{3} : Shape{3, 3};
  }
  Graph graph_;
};

Value product(Value a, Value b) { return matmul(a, b); }
template <typename... More>
Value product(Value a, Value b, More... more) {
  return matmul(a, product(b, more...));
}
// Xᵏ, multiplied from the left as a formula's X^k is.
Value power(Value x, int k) {
  Value product = x;
  for (int i = 1; i < k; ++i) product = matmul(product, x);
  return product;
}
Value form(Value a, Value A, Value b) { return dot(a, matmul(A, b)); }

// Which of two arguments a compiler evaluates first is its own choice. Where that shows in the order of a
// gradient's terms, the function makes its second one first.
struct Entry {
  const char* number;  // of the equation in the book
  Value (*f)(Book& m);
  char variable;
  const char* ours;
  const char* books;  // in our notation, its X⁻¹ᵀ as X⁻ᵀ
};

std::ostream& operator<<(std::ostream& out, const Entry& entry) { return out << entry.number; }

// The equations of the chapter's scalar functions that stand for themselves. The others are
//   33-45 differentials; 47, 50 sums of an adjugate's elements, and 48 a second derivative of a function of a
//     number: not gradients by a matrix;
//   56 by the pseudo-inverse of X: it is no variable of its own;
//   59, 65 the chain rule through Y⁻¹, 93 through s(x) and r(x), 99's tr(F(X)) and 133-137 in general: every
//     entry with more than one operation is an instance;
//   60, 73-75, 79, 80, 90 by one element or of one element: 61, 70, 71, 77, 82 and 91 with unit vectors;
//   66-68 eigenvalues: no function of the language; the sum of all is 99, their product 49;
//   94 is 95's function; 96 is 97's and 98 its Hessian, which derivation_test.cc has;
//   128 the sine of a matrix as a power series: sin(X) of the language works element by element;
//   130 the derivative of a vector; 138-141 derivatives along symmetric matrices only: ours take the entries
//     of a symmetric X for independent; 143, 144 Toeplitz matrices have no declaration.
constexpr Entry kEntries[] = {
    // 2.1 Determinants
    {"46", [](Book& m) { return det(m['A'] + m['t'] * m['B']); }, 't', "det(A + t B) tr((A + t B)⁻¹ B)",
     "det(A + t B) tr((A + t B)⁻¹ B)"},
    {"49", [](Book& m) { return det(m['X']); }, 'X', "det(X) X⁻ᵀ", "det(X) X⁻ᵀ"},
    {"51", [](Book& m) { return det(product(m['A'], m['X'], m['B'])); }, 'X', "det(A X B) X⁻ᵀ",
     "det(A X B) X⁻ᵀ"},
    {"52", [](Book& m) { return det(product(transpose(m['X']), m['A'], m['X'])); }, 'X', "2 det(Xᵀ A X) X⁻ᵀ",
     "2 det(Xᵀ A X) X⁻ᵀ"},
    {"53", [](Book& m) { return det(product(transpose(m['R']), m['L'], m['R'])); }, 'R',
     "2 det(Rᵀ L R) L R (Rᵀ L R)⁻¹", "2 det(Rᵀ L R) L R (Rᵀ L R)⁻¹"},
    {"54", [](Book& m) { return det(product(transpose(m['R']), m['K'], m['R'])); }, 'R',
     "det(Rᵀ K R) (Kᵀ R (Rᵀ K R)⁻ᵀ + K R (Rᵀ K R)⁻¹)", "det(Rᵀ K R) (K R (Rᵀ K R)⁻¹ + Kᵀ R (Rᵀ Kᵀ R)⁻¹)"},
    {"55", [](Book& m) { return logdet(product(transpose(m['R']), m['R'])); }, 'R', "2 R (Rᵀ R)⁻¹",
     "2 (R⁺)ᵀ"},
    {"57", [](Book& m) { return logdet(m['X']); }, 'X', "X⁻ᵀ", "X⁻ᵀ"},
    {"58", [](Book& m) { return det(product(m['X'], m['X'], m['X'])); }, 'X', "3 det(X)³ X⁻ᵀ",
     "3 det(X³) X⁻ᵀ"},
    {"58, k = 6", [](Book& m) { return det(power(m['X'], 6)); }, 'X', "6 det(X)⁶ X⁻ᵀ", "6 det(X⁶) X⁻ᵀ"},
    // 2.2 Inverses
    {"61", [](Book& m) { return form(m['a'], inv(m['X']), m['b']); }, 'X', "−X⁻ᵀ a bᵀ X⁻ᵀ", "−X⁻ᵀ a bᵀ X⁻ᵀ"},
    {"62", [](Book& m) { return det(inv(m['X'])); }, 'X', "−X⁻ᵀ / det(X)", "−det(X⁻¹) X⁻ᵀ"},
    {"63", [](Book& m) { return trace(product(m['A'], inv(m['X']), m['B'])); }, 'X', "−X⁻ᵀ Aᵀ Bᵀ X⁻ᵀ",
     "−(X⁻¹ B A X⁻¹)ᵀ"},
    {"64", [](Book& m) { return trace(inv(m['X'] + m['A'])); }, 'X', "−((X + A)⁻²)ᵀ",
     "−((X + A)⁻¹ (X + A)⁻¹)ᵀ"},
    // 2.4 Linear, quadratic and higher order forms
    {"69", [](Book& m) { return dot(m['x'], m['a']); }, 'x', "a", "a"},
    {"70", [](Book& m) { return form(m['a'], m['X'], m['b']); }, 'X', "a bᵀ", "a bᵀ"},
    {"71", [](Book& m) { return form(m['a'], transpose(m['X']), m['b']); }, 'X', "b aᵀ", "b aᵀ"},
    {"72", [](Book& m) { return form(m['a'], transpose(m['X']), m['a']); }, 'X', "a aᵀ", "a aᵀ"},
    {"76", [](Book& m) { return square(sum(m['X'])); }, 'X', "2 (Σ X) 𝟏", "2 Σ X"},
    {"77",
     [](Book& m) {
       const Value second = product(m['X'], m['c']);
       return form(m['b'], transpose(m['X']), second);
     },
     'X', "X (c bᵀ + b cᵀ)", "X (b cᵀ + c bᵀ)"},
    {"78",
     [](Book& m) {
       const Value second = product(m['D'], m['x']) + m['d'];
       return form(product(m['B'], m['x']) + m['b'], m['C'], second);
     },
     'x', "Bᵀ C (D x + d) + Dᵀ Cᵀ (B x + b)", "Bᵀ C (D x + d) + Dᵀ Cᵀ (B x + b)"},
    {"81", [](Book& m) { return form(m['x'], m['B'], m['x']); }, 'x', "(B + Bᵀ) x", "(B + Bᵀ) x"},
    {"82",
     [](Book& m) {
       const Value second = product(m['D'], m['X'], m['c']);
       return form(m['b'], transpose(m['X']), second);
     },
     'X', "D X c bᵀ + Dᵀ X b cᵀ", "Dᵀ X b cᵀ + D X c bᵀ"},
    {"83",
     [](Book& m) {
       const Value u = product(m['X'], m['b']) + m['c'];
       return form(u, m['D'], u);
     },
     'X', "(D + Dᵀ) (X b + c) bᵀ", "(D + Dᵀ) (X b + c) bᵀ"},
    {"84",
     [](Book& m) {
       const Value u = m['x'] - product(m['A'], m['s']);
       return form(u, m['S'], u);
     },
     's', "2 Aᵀ S (A s − x)", "−2 Aᵀ S (x − A s)"},
    {"85", [](Book& m) { return form(m['x'] - m['s'], m['S'], m['x'] - m['s']); }, 'x', "2 S (x − s)",
     "2 S (x − s)"},
    {"86", [](Book& m) { return form(m['x'] - m['s'], m['S'], m['x'] - m['s']); }, 's', "2 S (s − x)",
     "−2 S (x − s)"},
    {"87",
     [](Book& m) {
       const Value u = m['x'] - product(m['A'], m['s']);
       return form(u, m['S'], u);
     },
     'x', "2 S (x − A s)", "2 S (x − A s)"},
    {"88",
     [](Book& m) {
       const Value u = m['x'] - product(m['A'], m['s']);
       return form(u, m['S'], u);
     },
     'A', "2 S (A s − x) sᵀ", "−2 S (x − A s) sᵀ"},
    {"89", [](Book& m) { return square(m['t'] - dot(m['x'], m['b'])); }, 'x', "2 (xᵀ b − t) b",
     "−2 b (t − xᵀ b)"},
    {"91", [](Book& m) { return form(m['a'], m['X'], product(m['X'], m['X'], m['b'])); }, 'X',
     "a bᵀ (X²)ᵀ + Xᵀ a bᵀ Xᵀ + (X²)ᵀ a bᵀ", "a bᵀ Xᵀ Xᵀ + Xᵀ a bᵀ Xᵀ + Xᵀ Xᵀ a bᵀ"},
    {"91, n = 5", [](Book& m) { return form(m['a'], power(m['X'], 5), m['b']); }, 'X',
     "(X⁴)ᵀ a bᵀ + (X³)ᵀ a bᵀ Xᵀ + (X²)ᵀ a bᵀ (X²)ᵀ + Xᵀ a bᵀ (X³)ᵀ + a bᵀ (X⁴)ᵀ",
     "a bᵀ (X⁴)ᵀ + Xᵀ a bᵀ (X³)ᵀ + (X²)ᵀ a bᵀ (X²)ᵀ + (X³)ᵀ a bᵀ Xᵀ + (X⁴)ᵀ a bᵀ"},
    {"92",
     [](Book& m) { return form(m['a'], product(transpose(power(m['X'], 2)), power(m['X'], 2)), m['b']); },
     'X', "X² (a bᵀ + b aᵀ) Xᵀ + Xᵀ X² (a bᵀ + b aᵀ)",
     "X a bᵀ (X²)ᵀ + X² a bᵀ Xᵀ + a bᵀ (X²)ᵀ X + Xᵀ X² a bᵀ"},
    {"95",
     [](Book& m) {
       const Value u = product(m['A'], m['x']), v = product(m['B'], m['x']);
       return dot(u, u) / dot(v, v);
     },
     'x', "2 Aᵀ A x / (xᵀ Bᵀ B x) − 2 (xᵀ Aᵀ A x) Bᵀ B x / (xᵀ Bᵀ B x)²",
     "2 Aᵀ A x / (xᵀ Bᵀ B x) − 2 xᵀ Aᵀ A x Bᵀ B x / (xᵀ Bᵀ B x)²"},
    {"97",
     [](Book& m) {
       const Value second = dot(m['b'], m['x']);
       return form(m['x'], m['A'], m['x']) + second;
     },
     'x', "(A + Aᵀ) x + b", "(A + Aᵀ) x + b"},
    // 2.5 Traces
    {"99", [](Book& m) { return trace(m['X']); }, 'X', "I", "I"},
    {"100", [](Book& m) { return trace(product(m['X'], m['A'])); }, 'X', "Aᵀ", "Aᵀ"},
    {"101", [](Book& m) { return trace(product(m['A'], m['X'], m['B'])); }, 'X', "Aᵀ Bᵀ", "Aᵀ Bᵀ"},
    {"102", [](Book& m) { return trace(product(m['A'], transpose(m['X']), m['B'])); }, 'X', "B A", "B A"},
    {"103", [](Book& m) { return trace(product(transpose(m['X']), m['A'])); }, 'X', "A", "A"},
    {"104", [](Book& m) { return trace(product(m['A'], transpose(m['X']))); }, 'X', "A", "A"},
    {"105", [](Book& m) { return trace(kron(m['A'], m['X'])); }, 'X', "tr(A) I", "tr(A) I"},
    {"106", [](Book& m) { return trace(product(m['X'], m['X'])); }, 'X', "2 Xᵀ", "2 Xᵀ"},
    {"107", [](Book& m) { return trace(product(m['X'], m['X'], m['B'])); }, 'X', "Bᵀ Xᵀ + Xᵀ Bᵀ",
     "(X B + B X)ᵀ"},
    {"108", [](Book& m) { return trace(product(transpose(m['X']), m['B'], m['X'])); }, 'X', "(B + Bᵀ) X",
     "B X + Bᵀ X"},
    {"109", [](Book& m) { return trace(product(m['B'], m['X'], transpose(m['X']))); }, 'X', "(B + Bᵀ) X",
     "B X + Bᵀ X"},
    {"110", [](Book& m) { return trace(product(m['X'], transpose(m['X']), m['B'])); }, 'X', "(B + Bᵀ) X",
     "B X + Bᵀ X"},
    {"111", [](Book& m) { return trace(product(m['X'], m['B'], transpose(m['X']))); }, 'X', "X (B + Bᵀ)",
     "X Bᵀ + X B"},
    {"112", [](Book& m) { return trace(product(m['B'], transpose(m['X']), m['X'])); }, 'X', "X (B + Bᵀ)",
     "X Bᵀ + X B"},
    {"113", [](Book& m) { return trace(product(transpose(m['X']), m['X'], m['B'])); }, 'X', "X (B + Bᵀ)",
     "X Bᵀ + X B"},
    {"114", [](Book& m) { return trace(product(m['A'], m['X'], m['B'], m['X'])); }, 'X',
     "Aᵀ Xᵀ Bᵀ + Bᵀ Xᵀ Aᵀ", "Aᵀ Xᵀ Bᵀ + Bᵀ Xᵀ Aᵀ"},
    {"115", [](Book& m) { return trace(product(transpose(m['X']), m['X'])); }, 'X', "2 X", "2 X"},
    {"116",
     [](Book& m) { return trace(product(transpose(m['B']), transpose(m['X']), m['C'], m['X'], m['B'])); },
     'X', "(C + Cᵀ) X B Bᵀ", "Cᵀ X B Bᵀ + C X B Bᵀ"},
    {"117", [](Book& m) { return trace(product(transpose(m['X']), m['B'], m['X'], m['C'])); }, 'X',
     "Bᵀ X Cᵀ + B X C", "B X C + Bᵀ X Cᵀ"},
    {"118", [](Book& m) { return trace(product(m['A'], m['X'], m['B'], transpose(m['X']), m['C'])); }, 'X',
     "Aᵀ Cᵀ X Bᵀ + C A X B", "Aᵀ Cᵀ X Bᵀ + C A X B"},
    {"119",
     [](Book& m) {
       const Value u = product(m['A'], m['X'], m['B']) + m['C'];
       return trace(product(u, transpose(u)));
     },
     'X', "2 Aᵀ (A X B + C) Bᵀ", "2 Aᵀ (A X B + C) Bᵀ"},
    {"120", [](Book& m) { return trace(kron(m['X'], m['X'])); }, 'X', "2 tr(X) I", "2 tr(X) I"},
    {"121", [](Book& m) { return trace(product(m['X'], m['X'], m['X'])); }, 'X', "3 (X²)ᵀ", "3 (X²)ᵀ"},
    {"121, k = 16", [](Book& m) { return trace(power(m['X'], 16)); }, 'X', "16 (X¹⁵)ᵀ", "16 (X¹⁵)ᵀ"},
    {"122", [](Book& m) { return trace(product(m['A'], power(m['X'], 3))); }, 'X',
     "(X²)ᵀ Aᵀ + Xᵀ Aᵀ Xᵀ + Aᵀ (X²)ᵀ", "(A X²)ᵀ + (X A X)ᵀ + (X² A)ᵀ"},
    {"123",
     [](Book& m) {
       const Value u = product(transpose(m['X']), m['C'], m['X']);
       return trace(product(transpose(m['B']), u, u, m['B']));
     },
     'X', "Cᵀ X (B Bᵀ Xᵀ Cᵀ X + Xᵀ Cᵀ X B Bᵀ) + C X (Xᵀ C X B Bᵀ + B Bᵀ Xᵀ C X)",
     "C X Xᵀ C X B Bᵀ + Cᵀ X B Bᵀ Xᵀ Cᵀ X + C X B Bᵀ Xᵀ C X + Cᵀ X Xᵀ Cᵀ X B Bᵀ"},
    {"124", [](Book& m) { return trace(product(m['A'], inv(m['X']), m['B'])); }, 'X', "−X⁻ᵀ Aᵀ Bᵀ X⁻ᵀ",
     "−X⁻ᵀ Aᵀ Bᵀ X⁻ᵀ"},
    {"125", [](Book& m) { return trace(product(inv(product(transpose(m['R']), m['L'], m['R'])), m['A'])); },
     'R', "−L R (Rᵀ L R)⁻¹ (A + Aᵀ) (Rᵀ L R)⁻¹", "−(L R (Rᵀ L R)⁻¹) (A + Aᵀ) (Rᵀ L R)⁻¹"},
    {"126",
     [](Book& m) {
       const Value inverse = inv(product(transpose(m['R']), m['L'], m['R']));
       return trace(product(inverse, transpose(m['R']), m['M'], m['R']));
     },
     'R', "2 (M R (Rᵀ L R)⁻¹ − L R (Rᵀ L R)⁻¹ Rᵀ M R (Rᵀ L R)⁻¹)",
     "−2 L R (Rᵀ L R)⁻¹ Rᵀ M R (Rᵀ L R)⁻¹ + 2 M R (Rᵀ L R)⁻¹"},
    {"127",
     [](Book& m) {
       const Value inverse = inv(m['S'] + product(transpose(m['R']), m['L'], m['R']));
       return trace(product(inverse, transpose(m['R']), m['M'], m['R']));
     },
     'R', "2 (M R (S + Rᵀ L R)⁻¹ − L R (S + Rᵀ L R)⁻¹ Rᵀ M R (S + Rᵀ L R)⁻¹)",
     "−2 L R (S + Rᵀ L R)⁻¹ Rᵀ M R (S + Rᵀ L R)⁻¹ + 2 M R (S + Rᵀ L R)⁻¹"},
    {"127, in general",
     [](Book& m) {
       const Value inverse = inv(m['A'] + product(transpose(m['R']), m['K'], m['R']));
       return trace(product(inverse, transpose(m['R']), m['J'], m['R']));
     },
     'R',
     "Jᵀ R (A + Rᵀ K R)⁻ᵀ − Kᵀ R (A + Rᵀ K R)⁻ᵀ Rᵀ Jᵀ R (A + Rᵀ K R)⁻ᵀ + J R (A + Rᵀ K R)⁻¹ − K R (A + Rᵀ K "
     "R)⁻¹ Rᵀ J R (A + Rᵀ K R)⁻¹",
     "J R (A + Rᵀ K R)⁻¹ + Jᵀ R (A + Rᵀ K R)⁻ᵀ − K R (A + Rᵀ K R)⁻¹ Rᵀ J R (A + Rᵀ K R)⁻¹ − "
     "Kᵀ R (A + Rᵀ K R)⁻ᵀ Rᵀ Jᵀ R (A + Rᵀ K R)⁻ᵀ"},
    // 2.6 Vector norms, 2.7 matrix norms
    {"129", [](Book& m) { return norm2(m['x'] - m['a']); }, 'x', "(x − a) / ‖x − a‖", "(x − a) / ‖x − a‖"},
    {"131", [](Book& m) { return square(norm2(m['x'])); }, 'x', "2 x", "2 x"},
    {"132", [](Book& m) { return sum(square(m['X'])); }, 'X', "2 X", "2 X"},
    {"132", [](Book& m) { return square(norm2(m['X'])); }, 'X', "2 X", "2 X"},
    // 2.8 Structured matrices
    {"142", [](Book& m) { return trace(product(m['A'], diag(m['x']))); }, 'x', "diagonal(A)", "diagonal(A)"},
};

// Code points: what a reader counts. Spaces do not.
int length(std::string_view text) {
  int count = 0;
  for (const char c : text) count += c != ' ' && (c & 0xC0) != 0x80;
  return count;
}

class MatrixCookbook : public testing::TestWithParam<Entry> {
 protected:
  MatrixCookbook()
      : y_(GetParam().f(book_)),
        x_(book_[GetParam().variable]),
        gradient_(gradient(y_, {x_}).adjoints[0]),
        found_(simplify(gradient_, {.symmetric = book_.symmetric})),
        at_(well_conditioned(y_, book_.symmetric)) {}

  Book book_;
  Value y_, x_, gradient_;
  Simplified found_;
  Bindings at_;
};

TEST_P(MatrixCookbook, HasTheGradientInItsShortForm) {
  derive::Names names;
  names.set_symmetric(book_.symmetric);
  EXPECT_EQ(write(found_.value, names).text, GetParam().ours);
  constexpr int kFewSymbols = 4;  // a pair of parentheses and a power
  EXPECT_LE(length(GetParam().ours), length(GetParam().books) + kFewSymbols);
}

// The gradient agrees with differences; what it was simplified to agrees with it to rounding, 1e-9 of some
// hundred.
TEST_P(MatrixCookbook, HasTheRightGradientAfterEachStep) {
  for (const GradientAgreement& agreement : check_gradient(y_, {x_}, at_))
    EXPECT_TRUE(agreement.agrees()) << agreement.str();
  EXPECT_LE(relative_difference(gradient_, found_.value, at_), 1e-9);
  for (const SimplifyStep& step : found_.steps)
    EXPECT_LE(relative_difference(gradient_, step.after, at_), 1e-9) << step.rule;
}

INSTANTIATE_TEST_SUITE_P(Chapter2, MatrixCookbook, testing::ValuesIn(kEntries));

}  // namespace
}  // namespace catenary

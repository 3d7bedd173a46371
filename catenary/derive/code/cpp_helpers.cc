#include "catenary/derive/code/cpp_helpers.h"

#include <array>
#include <vector>

namespace catenary::derive {

namespace {

constexpr std::array kBasics = {
    CodeHelper{"Vector", R"(
using Vector = std::vector<double>;
)"},
    CodeHelper{"Matrix", R"(
struct Matrix {
  std::size_t rows = 0, columns = 0;
  std::vector<double> data;  // row by row

  double& operator()(std::size_t i, std::size_t j) { return data[i * columns + j]; }
  double operator()(std::size_t i, std::size_t j) const { return data[i * columns + j]; }
};
)"},
    CodeHelper{"Batch", R"(
/// One T for each sample.
template <class T>
struct Batch {
  std::vector<T> samples;

  std::size_t size() const { return samples.size(); }
  const T& operator[](std::size_t s) const { return samples[s]; }
};
)"},
    CodeHelper{"check", R"(
inline void check(const std::string& what, std::size_t found, std::size_t needed) {
  if (found == needed) return;
  throw std::invalid_argument(what + ": needed " + std::to_string(needed) +
                              " as the other parameters say, found " + std::to_string(found));
}
)"},
    CodeHelper{"check_shape", R"(
inline void check_shape(const std::string&, double) {}
inline void check_shape(const std::string& name, const Vector& x, std::size_t size) {
  check("elements of " + name, x.size(), size);
}
inline void check_shape(const std::string& name, const Matrix& x, std::size_t rows, std::size_t columns) {
  check("rows of " + name, x.rows, rows);
  check("columns of " + name, x.columns, columns);
  check("elements of " + name, x.data.size(), rows * columns);
}
)"},
    CodeHelper{"check_samples", R"(
template <class T, class... Sizes>
void check_samples(const std::string& name, const Batch<T>& x, std::size_t samples, Sizes... sizes) {
  check("samples of " + name, x.size(), samples);
  for (const T& sample : x.samples) check_shape(name, sample, sizes...);
}
)"},
    CodeHelper{"element", R"(
// Vectors and matrices alike, and numbers, which go with every element.
inline Vector& elements(Vector& x) { return x; }
inline Vector& elements(Matrix& x) { return x.data; }
inline double element(double x, std::size_t) { return x; }
inline double element(const Vector& x, std::size_t i) { return x[i]; }
inline double element(const Matrix& x, std::size_t i) { return x.data[i]; }
inline std::size_t count(double) { return 1; }
inline std::size_t count(const Vector& x) { return x.size(); }
inline std::size_t count(const Matrix& x) { return x.data.size(); }
template <class T>
concept Array = std::same_as<T, Vector> || std::same_as<T, Matrix>;
template <class T>
concept Number = std::convertible_to<T, double>;
)"},
    CodeHelper{"sum_of", R"(
/// The sum of f over the elements.
template <class F, class... A>
double sum_of(F f, const A&... x) {
  const std::size_t size = std::max({count(x)...});
  double total = 0;
  for (std::size_t i = 0; i < size; ++i) total += f(element(x, i)...);
  return total;
}
)"},
    CodeHelper{"map", R"(
template <class A, class... Rest>
auto like(const A& x, const Rest&... rest) {
  if constexpr (Array<A>) {
    return x;
  } else {
    return like(rest...);
  }
}

/// f of each element.
template <class F, class... A>
auto map(F f, const A&... x) {
  auto y = like(x...);
  for (std::size_t i = 0; i < count(y); ++i) elements(y)[i] = f(element(x, i)...);
  return y;
}
)"},
    CodeHelper{"arithmetic", R"(
template <Array A>
A operator-(const A& a) {
  return map([](double x) { return -x; }, a);
}
template <class A, class B>
  requires(Array<A> || Array<B>)
auto operator+(const A& a, const B& b) {
  return map([](double x, double y) { return x + y; }, a, b);
}
template <class A, class B>
  requires(Array<A> || Array<B>)
auto operator-(const A& a, const B& b) {
  return map([](double x, double y) { return x - y; }, a, b);
}
template <class A, class B>
  requires(Array<A> || Array<B>)
auto operator*(const A& a, const B& b) {  // element by element
  return map([](double x, double y) { return x * y; }, a, b);
}
template <class A, class B>
  requires(Array<A> || Array<B>)
auto operator/(const A& a, const B& b) {
  return map([](double x, double y) { return x / y; }, a, b);
}
)"},
    CodeHelper{"filled", R"(
inline Vector filled(double x, std::size_t size) { return Vector(size, x); }
inline Matrix filled(double x, std::size_t rows, std::size_t columns) {
  return {rows, columns, Vector(rows * columns, x)};
}
)"},
    CodeHelper{"flat", R"(
inline Vector flat(double x) { return {x}; }
inline Vector flat(const Vector& x) { return x; }
inline Vector flat(const Matrix& x) { return x.data; }
)"},
    CodeHelper{"per_sample", R"(
/// f of each sample's number.
template <class F>
auto per_sample(std::size_t samples, F f) {
  Batch<decltype(f(std::size_t{}))> y;
  for (std::size_t s = 0; s < samples; ++s) y.samples.push_back(f(s));
  return y;
}
)"},
    CodeHelper{"batch_sum", R"(
inline void add_to(double& total, double x) { total += x; }
template <Array A>
void add_to(A& total, const A& x) {
  for (std::size_t i = 0; i < count(x); ++i) elements(total)[i] += element(x, i);
}

/// The sum of f(s) over the samples s.
template <class F>
auto batch_sum(std::size_t samples, F f) {
  auto total = f(std::size_t{0});
  for (std::size_t s = 1; s < samples; ++s) add_to(total, f(s));
  return total;
}
)"},
    CodeHelper{"batch_mean", R"(
template <class F>
auto batch_mean(std::size_t samples, F f) {
  auto total = batch_sum(samples, f);
  if constexpr (Number<decltype(total)>) {
    total /= double(samples);
  } else {
    for (double& x : elements(total)) x /= double(samples);
  }
  return total;
}
)"},
};

// Words of the language, macros of its headers, and the header's own types.
constexpr std::string_view kKeywords[] = {"alignas",
                                          "alignof",
                                          "and",
                                          "and_eq",
                                          "asm",
                                          "auto",
                                          "bitand",
                                          "bitor",
                                          "bool",
                                          "break",
                                          "case",
                                          "catch",
                                          "char",
                                          "char8_t",
                                          "char16_t",
                                          "char32_t",
                                          "class",
                                          "compl",
                                          "concept",
                                          "const",
                                          "consteval",
                                          "constexpr",
                                          "constinit",
                                          "const_cast",
                                          "continue",
                                          "co_await",
                                          "co_return",
                                          "co_yield",
                                          "decltype",
                                          "default",
                                          "delete",
                                          "do",
                                          "double",
                                          "dynamic_cast",
                                          "else",
                                          "enum",
                                          "explicit",
                                          "export",
                                          "extern",
                                          "false",
                                          "float",
                                          "for",
                                          "friend",
                                          "goto",
                                          "if",
                                          "inline",
                                          "int",
                                          "long",
                                          "mutable",
                                          "namespace",
                                          "new",
                                          "noexcept",
                                          "not",
                                          "not_eq",
                                          "nullptr",
                                          "operator",
                                          "or",
                                          "or_eq",
                                          "private",
                                          "protected",
                                          "public",
                                          "register",
                                          "reinterpret_cast",
                                          "requires",
                                          "return",
                                          "short",
                                          "signed",
                                          "sizeof",
                                          "static",
                                          "static_assert",
                                          "static_cast",
                                          "struct",
                                          "switch",
                                          "template",
                                          "this",
                                          "thread_local",
                                          "throw",
                                          "true",
                                          "try",
                                          "typedef",
                                          "typeid",
                                          "typename",
                                          "union",
                                          "unsigned",
                                          "using",
                                          "virtual",
                                          "void",
                                          "volatile",
                                          "wchar_t",
                                          "while",
                                          "xor",
                                          "xor_eq",
                                          "std",
                                          "value_and_gradient",
                                          "ValueAndGradient",
                                          "Gradient",
                                          "INFINITY",
                                          "NAN",
                                          "EOF",
                                          "NULL",
                                          "offsetof",
                                          "assert",
                                          "errno",
                                          "EDOM",
                                          "ERANGE",
                                          "EILSEQ",
                                          "stdin",
                                          "stdout",
                                          "stderr",
                                          "BUFSIZ",
                                          "HUGE_VAL",
                                          "HUGE_VALF",
                                          "HUGE_VALL",
                                          "FP_NAN",
                                          "FP_INFINITE",
                                          "FP_ZERO",
                                          "FP_SUBNORMAL",
                                          "FP_NORMAL",
                                          "FP_ILOGB0",
                                          "FP_ILOGBNAN",
                                          "FP_FAST_FMA",
                                          "MATH_ERRNO",
                                          "MATH_ERREXCEPT",
                                          "math_errhandling",
                                          "SNAN",
                                          "SNANF",
                                          "SNANL",
                                          "MAXFLOAT",
                                          "M_E",
                                          "M_LOG2E",
                                          "M_LOG10E",
                                          "M_LN2",
                                          "M_LN10",
                                          "M_PI",
                                          "M_PI_2",
                                          "M_PI_4",
                                          "M_1_PI",
                                          "M_2_PI",
                                          "M_2_SQRTPI",
                                          "M_SQRT2",
                                          "M_SQRT1_2",
                                          "RAND_MAX",
                                          "EXIT_SUCCESS",
                                          "EXIT_FAILURE",
                                          "SIZE_MAX",
                                          "INT_MAX",
                                          "INT_MIN",
                                          "CHAR_BIT",
                                          "DBL_MAX",
                                          "DBL_MIN",
                                          "DBL_EPSILON",
                                          "FLT_MAX",
                                          "linux",
                                          "unix",
                                          "__FILE__",
                                          "__LINE__",
                                          "__DATE__",
                                          "__TIME__",
                                          "__COUNTER__",
                                          "__func__",
                                          "__FUNCTION__",
                                          "__PRETTY_FUNCTION__",
                                          "__cplusplus",
                                          "__STDC__",
                                          "__VA_ARGS__",
                                          "__VA_OPT__",
                                          "__attribute__",
                                          "__asm__",
                                          "__restrict",
                                          "__inline",
                                          "__signed__",
                                          "__typeof__",
                                          "__alignof__",
                                          "__real__",
                                          "__imag__",
                                          "__extension__",
                                          "__null",
                                          "_GNU_SOURCE",
                                          "_LP64"};

}  // namespace

std::span<const CodeHelper> cpp_helpers() {
  static const std::vector<CodeHelper> kAll = [] {
    std::vector<CodeHelper> all(kBasics.begin(), kBasics.end());
    for (const CppFunction& f : cpp_functions()) all.push_back({f.name, f.source});
    for (const auto& helpers : {cpp_array_functions(), cpp_matrix_functions()})
      all.insert(all.end(), helpers.begin(), helpers.end());
    return all;
  }();
  return kAll;
}

std::span<const std::string_view> cpp_keywords() { return kKeywords; }

}  // namespace catenary::derive

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <iostream>
#include "catenary/derive/formula.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "catenary/transform/gradient.h"
#include "catenary/transform/simplify.h"
namespace catenary {
struct Book {
  Graph g;
  std::vector<Value> sym;
  Value leaf(const char* n, Shape s) {
    Value v = g.find(n);
    return v ? v : g.parameter(n, s, {}, DType::kF64);
  }
  Value operator()(const char* n) {  // capital: 3x3; lower: 3
    return leaf(n, std::isupper(n[0]) ? Shape{3, 3} : Shape{3});
  }
};
void show(const char* title, Book& b, Value y, Value x) {
  derive::Names names;
  const Gradient gr = gradient(y, {x});
  const Simplified s = simplify(gr.adjoints[0], {.symmetric = b.sym});
  std::cout << title << ": ∂ " << write(y, names).text << " / ∂" << x.name() << "\n     "
            << write(gr.adjoints[0], names).text << "\n";
  for (const auto& st : s.steps)
    std::cout << "   " << st.rule << "   :   " << write(st.after, names).text << "\n";
  std::cout << "   => " << write(s.value, names).text << "\n";
}
TEST(Cookbook, Explore) {
  {
    Book b;
    show("49", b, det(b("X")), b("X"));
  }
  {
    Book b;
    show("51", b, det(matmul(matmul(b("A"), b("X")), b("B"))), b("X"));
  }
  {
    Book b;
    Value X = b.leaf("X", {4, 3}), A = b.leaf("A", {4, 4});
    show("55", b, det(matmul(transpose(X), matmul(A, X))), X);
    b.sym = {A};
    show("54", b, det(matmul(transpose(X), matmul(A, X))), X);
  }
  {
    Book b;
    Value X = b.leaf("X", {4, 3});
    show("57", b, logdet(matmul(transpose(X), X)), X);
  }
  {
    Book b;
    show("logdet", b, logdet(b("X")), b("X"));
  }
  {
    Book b;
    show("58", b, det(matmul(b("X"), matmul(b("X"), b("X")))), b("X"));
  }
  {
    Book b;
    show("61", b, dot(b("a"), matmul(inv(b("X")), b("b"))), b("X"));
  }
  {
    Book b;
    show("62", b, det(inv(b("X"))), b("X"));
  }
  {
    Book b;
    show("63", b, trace(matmul(b("A"), matmul(inv(b("X")), b("B")))), b("X"));
  }
  {
    Book b;
    show("64", b, trace(inv(b("X") + b("A"))), b("X"));
  }
  {
    Book b;
    show("69", b, dot(b("x"), b("a")), b("x"));
  }
  {
    Book b;
    show("70", b, dot(b("a"), matmul(b("X"), b("b"))), b("X"));
  }
  {
    Book b;
    show("71", b, dot(b("a"), matmul(transpose(b("X")), b("b"))), b("X"));
  }
  {
    Book b;
    show("72", b, dot(b("a"), matmul(b("X"), b("a"))), b("X"));
  }
  {
    Book b;
    show("76", b, square(sum(b("X"))), b("X"));
  }
  {
    Book b;
    show("77", b, dot(b("b"), matmul(transpose(b("X")), matmul(b("X"), b("c")))), b("X"));
  }
  {
    Book b;
    show("78", b, dot(matmul(b("B"), b("x")) + b("b"), matmul(b("C"), matmul(b("D"), b("x")) + b("d"))),
         b("x"));
  }
  {
    Book b;
    show("81", b, dot(b("x"), matmul(b("B"), b("x"))), b("x"));
  }
  {
    Book b;
    show("82", b, dot(b("b"), matmul(transpose(b("X")), matmul(b("D"), matmul(b("X"), b("c"))))), b("X"));
  }
  {
    Book b;
    Value u = matmul(b("X"), b("b")) + b("c");
    show("83", b, dot(u, matmul(b("D"), u)), b("X"));
  }
  {
    Book b;
    Value W = b("W");
    b.sym = {W};
    Value u = b("x") - matmul(b("A"), b("s"));
    show("84", b, dot(u, matmul(W, u)), b("s"));
    show("88", b, dot(u, matmul(W, u)), b("A"));
  }
  {
    Book b;
    Value X = b("X");
    show("91", b, dot(b("a"), matmul(X, matmul(X, matmul(X, b("b"))))), X);
    Value x2 = matmul(X, X);
    show("92", b, dot(b("a"), matmul(transpose(x2), matmul(x2, b("b")))), X);
  }
  {
    Book b;
    Value X = b("X");
    show("100", b, trace(X), X);
    show("101", b, trace(matmul(X, b("A"))), X);
    show("102", b, trace(matmul(b("A"), matmul(X, b("B")))), X);
    show("103", b, trace(matmul(b("A"), matmul(transpose(X), b("B")))), X);
    show("106", b, trace(matmul(X, X)), X);
    show("107", b, trace(matmul(matmul(X, X), b("B"))), X);
    show("108", b, trace(matmul(transpose(X), matmul(b("B"), X))), X);
    show("114", b, trace(matmul(b("A"), matmul(X, matmul(b("B"), X)))), X);
    show("115", b, trace(matmul(transpose(X), X)), X);
    show("116", b, trace(matmul(transpose(b("B")), matmul(transpose(X), matmul(b("C"), matmul(X, b("B")))))),
         X);
    show("117", b, trace(matmul(transpose(X), matmul(b("B"), matmul(X, b("C"))))), X);
    Value M = matmul(b("A"), matmul(X, b("B"))) + b("C");
    show("119", b, trace(matmul(M, transpose(M))), X);
    show("121", b, trace(matmul(X, matmul(X, X))), X);
    show("125", b, trace(matmul(inv(matmul(transpose(X), matmul(b("C"), X))), b("A"))), X);
    b.sym = {b("C"), b("B")};
    show("125s", b, trace(matmul(inv(matmul(transpose(X), matmul(b("C"), X))), b("A"))), X);
    show("126s", b,
         trace(matmul(inv(matmul(transpose(X), matmul(b("C"), X))), matmul(transpose(X), matmul(b("B"), X)))),
         X);
  }
  {
    Book b;
    show("129", b, norm2(b("x") - b("a")), b("x"));
  }
  {
    Book b;
    show("131", b, square(norm2(b("x"))), b("x"));
    show("131b", b, dot(b("x"), b("x")), b("x"));
  }
  {
    Book b;
    show("132", b, sum(square(b("X"))), b("X"));
    show("132b", b, square(norm2(b("X"))), b("X"));
  }
  {
    Book b;
    show("kron", b, trace(kron(b("X"), b("X"))), b("X"));
  }
  {
    Book b;
    show("diag", b, dot(b("a"), matmul(diag(b("x")), b("b"))), b("x"));
  }
  {
    Book b;
    Value x = b("x");
    show("el", b, sum(exp(x) * log(x)), x);
    show("el2", b, sum(sqrt(x)), x);
    show("el3", b, sum(pow(x, 3)), x);
    show("el4", b, sqrt(dot(x, x)), x);
    show("lse", b, logsumexp(matmul(b("A"), x)), x);
    show("n1", b, norm1(matmul(b("A"), x) - b("b")), x);
    show("ray", b, dot(x, matmul(b("A"), x)) / dot(x, x), x);
  }
  {
    Graph g;
    Value x = g.input("x", {3}), y = g.input("y", {2});
    Value W1 = g.parameter("W1", {4, 3}), W2 = g.parameter("W2", {2, 4}), b1 = g.parameter("b1", {4});
    Value a1 = sigmoid(matmul(W1, x) + b1);
    Value a2 = softmax(matmul(W2, a1));
    Value J = batch_mean(cross_entropy(a2, y));
    Book b;
    derive::Names names;
    for (Value p : {W1, W2, b1}) {
      Gradient gr = gradient(J, {p});
      auto s = simplify(gr.adjoints[0]);
      std::cout << write(gr.adjoints[0], names).text << "\n";
      for (const auto& st : s.steps)
        std::cout << "   " << st.rule << "   :   " << write(st.after, names).text << "\n";
    }
    Value J2 = batch_mean(squared_error(tanh(matmul(W2, relu(matmul(W1, x) + b1))), y));
    for (Value p : {W1, W2, b1}) {
      Gradient gr = gradient(J2, {p});
      auto s = simplify(gr.adjoints[0]);
      std::cout << write(gr.adjoints[0], names).text << "\n";
      for (const auto& st : s.steps)
        std::cout << "   " << st.rule << "   :   " << write(st.after, names).text << "\n";
    }
    Value J3 = binary_cross_entropy(sigmoid(matmul(W2, x = sigmoid(matmul(W1, x)))), y);
    for (Value p : {W2}) {
      Gradient gr = gradient(J3, {p});
      auto s = simplify(gr.adjoints[0]);
      std::cout << write(gr.adjoints[0], names).text << "\n";
      for (const auto& st : s.steps)
        std::cout << "   " << st.rule << "   :   " << write(st.after, names).text << "\n";
    }
  }
}
}  // namespace catenary

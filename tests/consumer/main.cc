#include <catenary/base/shape.h>

#include <cstdio>

int main() {
  const catenary::Shape shape{3, 2};
  std::puts(shape.str().c_str());
  return shape.size() == 6 ? 0 : 1;
}

#include <gtest/gtest.h>

#include "catenary/ir/print.h"
#include "catenary/ir/verify.h"
#include "catenary/transform/check/gradcheck.h"
#include "catenary/transform/gradient.h"
#include "catenary/transform/rewrite.h"
#include "tests/support/property.h"
#include "tests/support/random_graph.h"

namespace catenary {
namespace {

using testing_support::check_property;
using testing_support::GraphGrower;

TEST(RandomGraph, HasTheGradientThatDifferencesMeasure) {
  check_property(
      [](const std::vector<std::uint32_t>& choices) {
        Graph graph;
        GraphGrower random(graph, DType::kF64, 3, choices.size());
        random.grow(choices);
        const Value J = random.total();
        for (const GradientAgreement& agreement : check_gradient(J, random.leaves, random.bindings)) {
          RC_ASSERT(agreement.agrees());
        }
        verify(graph);
      },
      20);
}

// Rewriting may change the order of a few roundings: 1e-12 is 4,500 ulp of numbers of the order of 1.
TEST(RandomGraph, HasTheSameValuesAfterRewriting) {
  check_property(
      [](const std::vector<std::uint32_t>& choices) {
        Graph graph;
        GraphGrower random(graph, DType::kF64, 3, choices.size());
        random.grow(choices);
        std::vector<Value> outputs = gradient(random.total(), random.leaves).adjoints;
        outputs.push_back(random.total());
        const std::vector<Value> rewritten = rewrite(outputs);
        verify(graph);
        const Evaluation before(outputs, random.bindings), after(rewritten, random.bindings);
        for (std::size_t i = 0; i < outputs.size(); ++i) {
          RC_ASSERT(rewritten[i].type() == outputs[i].type());
          for (std::size_t j = 0; j < before[outputs[i]].size(); ++j) {
            RC_ASSERT(std::abs(before[outputs[i]][j] - after[rewritten[i]][j]) <= 1e-12);
          }
        }
      },
      60);
}

}  // namespace
}  // namespace catenary

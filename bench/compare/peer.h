#pragma once

#include <memory>
#include <string>
#include <vector>

#include "problem.h"

namespace bench {

/// A library that can run a problem's training step: forward, loss, backward, SGD update.
class Peer {
 public:
  Peer() = default;
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  virtual ~Peer() = default;

  virtual void step() = 0;
  /// Weights [outputs, inputs] and bias of each layer in turn.
  [[nodiscard]] virtual std::vector<Numbers> parameters() = 0;
};

struct PeerKind {
  std::string name;
  /// Its version and the kernels it picked on this machine.
  std::string (*describe)();
  /// The problem's numbers are copied. Empty where the library cannot run the problem.
  std::unique_ptr<Peer> (*make)(const Problem& problem, double learning_rate, int threads);
  /// Assembled by hand from a library's products: the rows of the bars' first comparison.
  bool by_hand = false;
};

[[nodiscard]] PeerKind catenary_peer();
[[nodiscard]] PeerKind eigen_peer();
[[nodiscard]] PeerKind onednn_peer();
[[nodiscard]] PeerKind openblas_peer();
[[nodiscard]] PeerKind torch_peer();

}  // namespace bench

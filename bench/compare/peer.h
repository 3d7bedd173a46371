#pragma once

#include <functional>
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
  /// The seconds that so many steps take. A peer in another process measures them there.
  [[nodiscard]] virtual double time(std::int64_t steps);
  /// The problem's weights and bias of each layer in turn, as they are now.
  [[nodiscard]] virtual std::vector<Numbers> parameters() = 0;
};

struct PeerKind {
  using Make = std::unique_ptr<Peer>(const Problem& problem, double learning_rate, int threads);

  std::string name;
  /// Its version and the kernels it picked on this machine.
  std::string about;
  /// The problem's numbers are copied. Empty where the library cannot run the problem, or not within seconds.
  std::function<Make> make;
  /// Assembled by hand from a library's products: the rows of the bars' first comparison.
  bool by_hand = false;
  /// What a library runs that cannot run a problem as it is: as much work, but another network or loss. Its
  /// gradients are checked against that, and the tables mark its figures with a ~. Empty: the problem itself.
  Problem (*adapt)(Problem problem) = nullptr;
  /// make() of a recurrence. Empty: the library has none.
  std::function<Make> make_recurrent = {};

  /// What runs the problem, by make() or make_recurrent(); null where nothing does.
  [[nodiscard]] std::unique_ptr<Peer> start(const Problem& problem, double learning_rate, int threads) const;
};

[[nodiscard]] PeerKind catenary_peer();
[[nodiscard]] PeerKind dlib_peer();
[[nodiscard]] PeerKind eigen_peer();
[[nodiscard]] PeerKind fann_peer();
[[nodiscard]] PeerKind onednn_peer();
[[nodiscard]] PeerKind openblas_peer();
[[nodiscard]] PeerKind torch_peer();

[[nodiscard]] std::unique_ptr<Peer> catenary_recurrent(const Problem& problem, double rate, int threads);
[[nodiscard]] std::unique_ptr<Peer> onednn_recurrent(const Problem& problem, double rate, int threads);
[[nodiscard]] std::unique_ptr<Peer> torch_recurrent(const Problem& problem, double rate, int threads);

}  // namespace bench

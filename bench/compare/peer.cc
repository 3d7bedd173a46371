#include "peer.h"

#include "bench/compare/peak.h"

namespace bench {

double Peer::time(std::int64_t steps) {
  const double start = seconds();
  for (std::int64_t i = 0; i < steps; ++i) step();
  return seconds() - start;
}

std::unique_ptr<Peer> PeerKind::start(const Problem& problem, double learning_rate, int threads) const {
  if (!problem.recurrence) return make(problem, learning_rate, threads);
  return make_recurrent ? make_recurrent(problem, learning_rate, threads) : nullptr;
}

}  // namespace bench

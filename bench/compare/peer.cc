#include "peer.h"

#include "bench/compare/peak.h"

namespace bench {

double Peer::time(std::int64_t steps) {
  const double start = seconds();
  for (std::int64_t i = 0; i < steps; ++i) step();
  return seconds() - start;
}

}  // namespace bench

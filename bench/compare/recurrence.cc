#include "recurrence.h"

#include <algorithm>
#include <cmath>

namespace bench {

namespace {

// Where a recurrence's parameters stand.
constexpr std::size_t kInput = 0, kBias = 1, kRecurrent = 2, kCandidateBias = 3;

double sigmoid(double z) { return 1 / (1 + std::exp(-z)); }

// What a sample's step leaves for the way back. `gates` are as their functions answer; `candidate`: of a GRU,
// U·h + b′ of n, which r multiplies.
struct Row {
  Doubles x, before, cell_before, gates, candidate, hidden, cell;
};

// z += M·v
void add_product(const Doubles& matrix, const Doubles& v, Doubles& z) {
  for (std::size_t i = 0; i < z.size(); ++i) {
    const double* row = matrix.data() + i * v.size();
    double sum = 0;
    for (std::size_t k = 0; k < v.size(); ++k) sum += row[k] * v[k];
    z[i] += sum;
  }
}

// v += Mᵀ·z
void add_transposed(const Doubles& matrix, const Doubles& z, Doubles& v) {
  for (std::size_t i = 0; i < z.size(); ++i) {
    const double* row = matrix.data() + i * v.size();
    for (std::size_t k = 0; k < v.size(); ++k) v[k] += row[k] * z[i];
  }
}

// M += z·vᵀ
void add_outer(const Doubles& z, const Doubles& v, Doubles& matrix) {
  for (std::size_t i = 0; i < z.size(); ++i) {
    double* row = matrix.data() + i * v.size();
    for (std::size_t k = 0; k < v.size(); ++k) row[k] += z[i] * v[k];
  }
}

void add(const Doubles& from, Doubles& to) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i] += from[i];
}

void lstm_forward(const Doubles& z, Row& row) {
  const std::size_t units = row.before.size();
  for (std::size_t u = 0; u < units; ++u) {
    double* const gate = row.gates.data() + u;  // i, f, g, o
    for (std::size_t g = 0; g < 4; ++g)
      gate[g * units] = g == 2 ? std::tanh(z[g * units + u]) : sigmoid(z[g * units + u]);
    row.cell[u] = gate[units] * row.cell_before[u] + gate[0] * gate[2 * units];
    row.hidden[u] = gate[3 * units] * std::tanh(row.cell[u]);
  }
}

// δ of the gates from those of h and c; leaves in `cell` that of c before.
Doubles lstm_backward(const Row& row, const Doubles& hidden, Doubles& cell) {
  const std::size_t units = hidden.size();
  Doubles delta(4 * units);
  for (std::size_t u = 0; u < units; ++u) {
    const double i = row.gates[u], f = row.gates[units + u], g = row.gates[2 * units + u],
                 o = row.gates[3 * units + u], c = std::tanh(row.cell[u]);
    cell[u] += hidden[u] * o * (1 - c * c);
    delta[u] = cell[u] * g * i * (1 - i);
    delta[units + u] = cell[u] * row.cell_before[u] * f * (1 - f);
    delta[2 * units + u] = cell[u] * i * (1 - g * g);
    delta[3 * units + u] = hidden[u] * c * o * (1 - o);
    cell[u] *= f;
  }
  return delta;
}

void gru_forward(const Doubles& from_row, const Doubles& from_state, const Doubles& candidate_bias,
                 Row& row) {
  const std::size_t units = row.before.size();
  for (std::size_t u = 0; u < units; ++u) {
    const double r = sigmoid(from_row[u] + from_state[u]),
                 z = sigmoid(from_row[units + u] + from_state[units + u]);
    row.candidate[u] = from_state[2 * units + u] + candidate_bias[u];
    const double n = std::tanh(from_row[2 * units + u] + r * row.candidate[u]);
    row.gates[u] = r;
    row.gates[units + u] = z;
    row.gates[2 * units + u] = n;
    row.hidden[u] = (1 - z) * n + z * row.before[u];
  }
}

// δ of the gates; leaves in `hidden` what of it passes by the gates.
Doubles gru_backward(const Row& row, Doubles& hidden) {
  const std::size_t units = hidden.size();
  Doubles delta(3 * units);
  for (std::size_t u = 0; u < units; ++u) {
    const double r = row.gates[u], z = row.gates[units + u], n = row.gates[2 * units + u];
    delta[2 * units + u] = hidden[u] * (1 - z) * (1 - n * n);
    delta[units + u] = hidden[u] * (row.before[u] - n) * z * (1 - z);
    delta[u] = delta[2 * units + u] * row.candidate[u] * r * (1 - r);
    hidden[u] *= z;
  }
  return delta;
}

void forward(const Recurrence& recurrence, const Parameters& at, Row& row) {
  Doubles z = at[kBias];
  add_product(at[kInput], row.x, z);
  if (recurrence.cell == Cell::kGru) {
    Doubles from_state(z.size());
    add_product(at[kRecurrent], row.before, from_state);
    gru_forward(z, from_state, at[kCandidateBias], row);
    return;
  }
  add_product(at[kRecurrent], row.before, z);
  if (recurrence.cell == Cell::kLstm) return lstm_forward(z, row);
  for (std::size_t u = 0; u < z.size(); ++u) row.hidden[u] = std::tanh(z[u]);
}

// δ of h and of c after a step.
struct Delta {
  Doubles hidden, cell;
};

// Adds a step's part of the gradients and takes δ to the step before.
void backward(const Recurrence& recurrence, const Parameters& at, const Row& row, Delta& delta,
              Parameters& gradients) {
  Doubles of_gates, passed(delta.hidden.size());
  if (recurrence.cell == Cell::kLstm) {
    of_gates = lstm_backward(row, delta.hidden, delta.cell);
  } else if (recurrence.cell == Cell::kGru) {
    of_gates = gru_backward(row, delta.hidden);
    passed = delta.hidden;
  } else {
    of_gates = delta.hidden;
    for (std::size_t u = 0; u < of_gates.size(); ++u) of_gates[u] *= 1 - row.hidden[u] * row.hidden[u];
  }
  add_outer(of_gates, row.x, gradients[kInput]);
  add(of_gates, gradients[kBias]);
  if (recurrence.cell == Cell::kGru) {
    const std::size_t units = passed.size();
    Doubles of_candidate(units);
    for (std::size_t u = 0; u < units; ++u)
      of_candidate[u] = of_gates[2 * units + u] *= row.gates[u];  // U·h of n comes in times r
    add(of_candidate, gradients[kCandidateBias]);
  }
  add_outer(of_gates, row.before, gradients[kRecurrent]);
  add_transposed(at[kRecurrent], of_gates, passed);
  delta.hidden = passed;
}

std::vector<Row> rows_of_sample(const Problem& p, const Parameters& at, std::size_t sample) {
  const Recurrence& recurrence = *p.recurrence;
  const auto units = static_cast<std::size_t>(recurrence.units),
             inputs = static_cast<std::size_t>(recurrence.inputs),
             gates = static_cast<std::size_t>(recurrence.gates());
  const float* x = p.inputs.data() + sample * static_cast<std::size_t>(p.inputs_of_sample());
  std::vector<Row> rows(static_cast<std::size_t>(recurrence.steps));
  for (std::size_t t = 0; t < rows.size(); ++t, x += inputs) {
    rows[t] = {.x = Doubles(x, x + inputs),
               .before = t == 0 ? Doubles(units) : rows[t - 1].hidden,
               .cell_before = t == 0 ? Doubles(units) : rows[t - 1].cell,
               .gates = Doubles(gates * units),
               .candidate = Doubles(units),
               .hidden = Doubles(units),
               .cell = Doubles(units)};
    forward(recurrence, at, rows[t]);
  }
  return rows;
}

}  // namespace

void add_recurrent_gradients(const Problem& p, const Parameters& at, std::size_t sample,
                             Parameters& gradients) {
  const std::vector<Row> rows = rows_of_sample(p, at, sample);
  const double share = static_cast<double>(p.times[sample]) / static_cast<double>(p.batch);
  Delta delta{.hidden = rows.back().hidden, .cell = Doubles(rows.back().cell.size())};
  const float* y = p.targets.data() + sample * delta.hidden.size();
  for (std::size_t u = 0; u < delta.hidden.size(); ++u) delta.hidden[u] = (delta.hidden[u] - y[u]) * share;
  for (std::size_t t = rows.size(); t-- > 0;) backward(*p.recurrence, at, rows[t], delta, gradients);
}

}  // namespace bench

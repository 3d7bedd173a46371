#!/usr/bin/env python3
"""Writes what PyTorch says of recurrent layers: recurrent_by_torch.py FILE. In double, with Debian's python3-torch 1.13.

One JSON object: for each case the numbers of its parameters, inputs and starting states, drawn from a seed, and its outputs, last
states and gradients of a loss in which each of them has a weight of its own. tests/recurrent_torch_test.cc compares.
"""

import json
import sys

import torch

STEPS, INPUTS, UNITS, SAMPLES = 5, 3, 4, 2


def numbers(tensor):
    return tensor.detach().reshape(-1).tolist()


def case(kind, seed, **options):
    torch.manual_seed(seed)
    two_way = options.get("bidirectional", False)
    layer = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[kind](
        INPUTS, UNITS, batch_first=True, **options).double()
    directions = 2 if two_way else 1
    x = torch.randn(SAMPLES, STEPS, INPUTS, dtype=torch.float64, requires_grad=True)
    starts = [torch.randn(directions, SAMPLES, UNITS, dtype=torch.float64, requires_grad=True)
              for _ in range(2 if kind == "lstm" else 1)]
    if two_way:
        starts = [torch.zeros_like(s, requires_grad=True) for s in starts]
    sequence, last = layer(x, tuple(starts) if kind == "lstm" else starts[0])
    lasts = list(last) if kind == "lstm" else [last]
    weights = [torch.randn_like(part) for part in [sequence, *lasts]]
    loss = sum((w * part).sum() for w, part in zip(weights, [sequence, *lasts])) / SAMPLES
    loss.backward()
    by_sample = lambda t: t.transpose(0, 1).reshape(SAMPLES, -1)  # [directions, samples, units] -> a row for each sample
    return {
        "cell": kind, "bidirectional": two_way, "activation": options.get("nonlinearity", "tanh"),
        "parameters": {name: numbers(p) for name, p in layer.named_parameters()},
        "parameter_gradients": {name: numbers(p.grad) for name, p in layer.named_parameters()},
        "x": numbers(x), "x_gradient": numbers(x.grad),
        "starts": [numbers(by_sample(s)) for s in starts], "start_gradients": [numbers(by_sample(s.grad)) for s in starts],
        "sequence": numbers(sequence), "lasts": [numbers(by_sample(part)) for part in lasts],
        "sequence_weights": numbers(weights[0]), "last_weights": [numbers(by_sample(w)) for w in weights[1:]],
    }


def main():
    cases = [case("rnn", 1), case("rnn", 2, nonlinearity="relu"), case("lstm", 3), case("gru", 4),
             case("rnn", 5, bidirectional=True), case("lstm", 6, bidirectional=True), case("gru", 7, bidirectional=True)]
    with open(sys.argv[1], "w") as file:
        json.dump({"torch": torch.__version__, "steps": STEPS, "inputs": INPUTS, "units": UNITS, "samples": SAMPLES,
                   "cases": cases}, file, indent=0)
        file.write("\n")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Writes what PyTorch makes of recurrent cells that are written by hand: recurrent_options_by_torch.py FILE. In double, with Debian's
python3-torch 1.13, whose own layers have none of these options: layer norms [Ba, Kiros and Hinton 2016, eq. 4, appendix], peepholes,
the reset gate before the product, masks of dropout, and layers of them on samples of different lengths.

One JSON object: for each case its numbers, drawn from a seed, its outputs, and the gradients of a loss in which each output has a weight
of its own. tests/recurrent_options_torch_test.cc compares.
"""

import json
import sys

import torch

STEPS, INPUTS, UNITS, SAMPLES, FORGET_BIAS = 4, 3, 2, 2, 0.5
GATES = {"rnn": 1, "lstm": 4, "gru": 3}


def numbers(tensor):
    return tensor.detach().reshape(-1).tolist()


def norm(v, gain):
    """Gate by gate."""
    gates = v.reshape(-1, UNITS)
    centred = gates - gates.mean(1, keepdim=True)
    variance = (centred * centred).mean(1, keepdim=True)
    return gain * (centred / torch.sqrt(variance + 1e-5)).reshape(-1)


def parameters(kind, inputs, case):
    gates = GATES[kind]
    shapes = {"input_weight": (gates * UNITS, inputs), "recurrent_weight": (gates * UNITS, UNITS), "bias": (gates * UNITS,)}
    if case.get("peepholes"):
        shapes["peephole"] = (3 * UNITS,)
    if kind == "gru" and not case.get("before_product"):
        shapes["candidate_bias"] = (UNITS,)
    if case.get("layer_norm"):
        gains = {"rnn": {"gain": UNITS}, "gru": {"input_gain": 3 * UNITS, "recurrent_gain": 3 * UNITS},
                 "lstm": {"input_gain": 4 * UNITS, "recurrent_gain": 4 * UNITS, "cell_gain": UNITS, "cell_bias": UNITS}}[kind]
        shapes.update({name: (size,) for name, size in gains.items()})
    return {name: torch.randn(shape, dtype=torch.float64, requires_grad=True) for name, shape in shapes.items()}


def step(kind, p, case, x, h, c, masks):
    seen = h
    if masks:
        x, seen = x * masks[0], h * masks[1]
    has_norm = bool(case.get("layer_norm"))
    of_x, u = p["input_weight"] @ x, p["recurrent_weight"]
    if kind == "rnn":
        a = of_x + u @ seen
        z = (norm(a, p["gain"]) if has_norm else a) + p["bias"]
        return (torch.relu(z) if case.get("activation") == "relu" else torch.tanh(z)), c
    if has_norm:
        of_x = norm(of_x, p["input_gain"])
    of_x = of_x + p["bias"]
    if kind == "lstm":
        of_h = norm(u @ seen, p["recurrent_gain"]) if has_norm else u @ seen
        i, f, g, o = (of_x + of_h).split(UNITS)
        f = f + FORGET_BIAS
        if case.get("peepholes"):
            pi, pf, po = p["peephole"].split(UNITS)
            i, f = i + pi * c, f + pf * c
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        if case.get("peepholes"):
            o = o + po * c
        shown = norm(c, p["cell_gain"]) + p["cell_bias"] if has_norm else c
        return torch.sigmoid(o) * torch.tanh(shown), c
    gates, last = slice(0, 2 * UNITS), slice(2 * UNITS, None)
    if case.get("before_product"):
        of_h = u[gates] @ seen
        of_h = norm(of_h, p["recurrent_gain"][gates]) if has_norm else of_h
        r, z = torch.sigmoid(of_x[gates] + of_h).split(UNITS)
        product = u[last] @ (r * seen)
        product = norm(product, p["recurrent_gain"][last]) if has_norm else product
        n = torch.tanh(of_x[last] + product)
    else:
        of_h = norm(u @ seen, p["recurrent_gain"]) if has_norm else u @ seen
        r, z = torch.sigmoid(of_x[gates] + of_h[gates]).split(UNITS)
        n = torch.tanh(of_x[last] + r * (of_h[last] + p["candidate_bias"]))
    return (1 - z) * n + z * h, c


def run(kind, p, case, rows, masks, is_backward):
    """h of each row, in the rows' order, and the last h."""
    h = c = torch.zeros(UNITS, dtype=torch.float64)
    outputs = [None] * len(rows)
    order = range(len(rows))
    for t in reversed(order) if is_backward else order:
        h, c = step(kind, p, case, rows[t], h, c, masks)
        outputs[t] = h
    return outputs, h


def drawn_mask(size):
    return (torch.rand(size, dtype=torch.float64) < 0.7).double() / 0.7


def make(kind, seed, **case):
    torch.manual_seed(seed)
    two_way, depth, lengths = case.get("bidirectional", False), case.get("layers", 1), case.get("lengths", [STEPS] * SAMPLES)
    ways = ["forward", "backward"] if two_way else [""]
    named, masks = {}, {}
    for layer in range(depth):
        inputs = INPUTS if layer == 0 else UNITS * len(ways)
        for way in ways:
            name = f"l{layer}" + ("." + way if way else "")
            named.update({f"{name}.{what}": p for what, p in parameters(kind, inputs, case).items()})
            if case.get("masked"):
                masks[name + ".mask"] = [drawn_mask(inputs) for _ in range(SAMPLES)]
                masks[name + ".recurrent_mask"] = [drawn_mask(UNITS) for _ in range(SAMPLES)]
    x = torch.randn(SAMPLES, STEPS, INPUTS, dtype=torch.float64, requires_grad=True)
    sequences, lasts = [], []
    for sample, length in enumerate(lengths):
        rows = list(x[sample, :length])
        for layer in range(depth):
            results = []
            for way in ways:
                name = f"l{layer}" + ("." + way if way else "")
                own = {key[len(name) + 1:]: p for key, p in named.items() if key.startswith(name + ".")}
                kept = [masks[f"{name}.{what}"][sample] for what in ("mask", "recurrent_mask")] if masks else None
                results.append(run(kind, own, case, rows, kept, way == "backward"))
            rows = [torch.cat(parts) for parts in zip(*(outputs for outputs, _ in results))]
        beyond = [torch.zeros_like(rows[0])] * (STEPS - length)
        sequences.append(torch.stack(rows + beyond))
        lasts.append(torch.cat([last for _, last in results]))
    sequence, last = torch.stack(sequences), torch.stack(lasts)
    weights = [torch.randn_like(sequence), torch.randn_like(last)]
    ((weights[0] * sequence).sum() / SAMPLES + (weights[1] * last).sum() / SAMPLES).backward()
    return {
        "cell": kind, **case, "lengths": case.get("lengths", []), "parameters": {name: numbers(p) for name, p in named.items()},
        "gradients": {name: numbers(p.grad) for name, p in named.items()},
        "masks": {name: [n for mask in each for n in numbers(mask)] for name, each in masks.items()},
        "x": numbers(x), "x_gradient": numbers(x.grad), "sequence": numbers(sequence), "last": numbers(last),
        "sequence_weights": numbers(weights[0]), "last_weights": numbers(weights[1]),
    }


def main():
    cases = [
        make("rnn", 1, layer_norm=True), make("rnn", 2, layer_norm=True, activation="relu"), make("lstm", 3, layer_norm=True),
        make("gru", 4, layer_norm=True), make("gru", 5, layer_norm=True, before_product=True), make("gru", 6, before_product=True),
        make("lstm", 7, peepholes=True), make("lstm", 8, peepholes=True, layer_norm=True),
        make("rnn", 9, masked=True), make("lstm", 10, masked=True, layers=2), make("gru", 11, masked=True, layers=2),
        make("gru", 12, masked=True, before_product=True),
        make("lstm", 13, bidirectional=True, lengths=[2, 4]), make("gru", 14, bidirectional=True, lengths=[1, 3], layers=2),
        make("lstm", 15, bidirectional=True, lengths=[3, 1], layers=2, masked=True, layer_norm=True, peepholes=True),
    ]
    with open(sys.argv[1], "w") as file:
        json.dump({"torch": torch.__version__, "steps": STEPS, "inputs": INPUTS, "units": UNITS, "samples": SAMPLES,
                   "forget_bias": FORGET_BIAS, "cases": cases}, file, indent=0)
        file.write("\n")


if __name__ == "__main__":
    main()

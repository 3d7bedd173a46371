#!/usr/bin/env python3
"""Writes what ONNX's node tests say of RNN, LSTM and GRU: recurrent_by_onnx.py FOLDER FILE.

FOLDER: libonnx-testdata/data/node of Debian's package libonnx-testdata 1.12. One JSON object: for each test its tensors in the
order of gates, and the layout, that Catenary has (catenary/nn/recurrent.h). tests/recurrent_onnx_test.cc compares. Of protocol
buffers nothing is needed but their wire format [Protocol Buffers: Encoding] and the numbers of some fields of onnx.proto.
"""

import json
import pathlib
import struct
import sys

GATES = {"RNN": "h", "LSTM": "iofc", "GRU": "zrh"}  # in ONNX's order
OURS = {"RNN": "h", "LSTM": "ifco", "GRU": "rzh"}
PEEPHOLES, OUR_PEEPHOLES = "iof", "ifo"
INPUTS = ("X", "W", "R", "B", "sequence_lens", "initial_h", "initial_c", "P")


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def fields(data):
    """(number, value) of each field of a message: an integer, or the bytes of what has a length."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        elif key & 7 == 2:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        elif key & 7 == 5:
            value, at = data[at:at + 4], at + 4
        else:
            sys.exit(f"needed a field of type 0, 2 or 5, found {key & 7}")
        yield key >> 3, value


def tensor(path):
    """(dims, numbers) of a TensorProto of f32 or i32."""
    dims, numbers, raw, kind = [], [], b"", 0
    for number, value in fields(path.read_bytes()):
        if number == 1:
            dims.append(value)
        elif number == 2:
            kind = value
        elif number == 4:
            numbers += struct.unpack(f"<{len(value) // 4}f", value)
        elif number == 9:
            raw = value
    if raw:
        numbers = list(struct.unpack(f"<{len(raw) // 4}{'f' if kind == 1 else 'i'}", raw))
    return dims, numbers


def node(path):
    """(operator, inputs, outputs, whole attributes) of a model's one node."""
    graph = next(value for number, value in fields(path.read_bytes()) if number == 7)
    inputs, outputs, attributes, operator = [], [], {}, ""
    for number, value in fields(next(value for n, value in fields(graph) if n == 1)):
        if number == 1:
            inputs.append(value.decode())
        elif number == 2:
            outputs.append(value.decode())
        elif number == 4:
            operator = value.decode()
        elif number == 5:
            parts = dict(fields(value))
            attributes[parts[1].decode()] = parts.get(3, 0)
    return operator, inputs, outputs, attributes


def reordered(numbers, given, wanted):
    size = len(numbers) // len(given)
    return [x for gate in wanted for x in numbers[given.index(gate) * size:(given.index(gate) + 1) * size]]


def by_sample(numbers, steps, samples):
    """From [steps][samples][n] to [samples][steps][n]."""
    row = len(numbers) // (steps * samples)
    return [x for n in range(samples) for t in range(steps) for x in numbers[(t * samples + n) * row:][:row]]


def case(folder):
    operator, names, outputs, attributes = node(folder / "model.onnx")
    data = folder / "test_data_set_0"
    given = [name for name in names if name]
    tensors = {INPUTS[names.index(name)]: tensor(data / f"input_{i}.pb") for i, name in enumerate(given)}
    gates, wanted, hidden = GATES[operator], OURS[operator], attributes["hidden_size"]
    batch_first = attributes.get("layout", 0) == 1
    dims, x = tensors["X"]
    samples, steps = dims[:2] if batch_first else (dims[1], dims[0])
    if any(length != steps for length in tensors.get("sequence_lens", ([], []))[1]):
        sys.exit(f"{folder}: needed samples of all steps")
    result = {
        "name": folder.name, "cell": operator.lower(), "units": hidden, "steps": steps, "samples": samples, "inputs": dims[2],
        "x": x if batch_first else by_sample(x, steps, samples),
        "input_weight": reordered(tensors["W"][1], gates, wanted), "recurrent_weight": reordered(tensors["R"][1], gates, wanted),
        "bias": [0] * (len(gates) * hidden), "starts": [], "outputs": {},
    }
    if "B" in tensors:
        both = tensors["B"][1]
        half = len(both) // 2
        sums = [a + b for a, b in zip(both[:half], both[half:])]
        result["bias"] = reordered(sums, gates, wanted)
    if "P" in tensors:
        result["peephole"] = reordered(tensors["P"][1], PEEPHOLES, OUR_PEEPHOLES)
    for name in ("initial_h", "initial_c"):
        if any(tensors.get(name, ([], []))[1]):
            sys.exit(f"{folder}: needed a start of zeros")
    present = [name for name in outputs if name]
    for i, name in enumerate(present):
        what = ("sequence", "hidden", "cell")[outputs.index(name)]
        numbers = tensor(data / f"output_{i}.pb")[1]
        result["outputs"][what] = numbers if what != "sequence" or batch_first else by_sample(numbers, steps, samples)
    return result


def main():
    root = pathlib.Path(sys.argv[1])
    folders = sorted(p for p in root.iterdir() if any(f"_{c}_" in p.name for c in ("rnn", "lstm", "gru")))
    with open(sys.argv[2], "w") as file:
        json.dump({"source": "ONNX 1.12 node tests, Debian libonnx-testdata", "cases": [case(p) for p in folders]}, file, indent=0)
        file.write("\n")


if __name__ == "__main__":
    main()

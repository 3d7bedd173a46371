#!/usr/bin/env python3
"""Training steps of Python's frameworks, timed in this process and told from outside: a peer of compare_bench.

It answers each line on its input with a line:
  load DIR   reads the network, batch and weights that compare_bench wrote to DIR; "ok"
  step N     runs N training steps; the seconds that they took
  save DIR   writes the parameters to DIR/parameters.f32, weights [outputs, inputs] and bias of each layer; "ok"
The first line it writes by itself: "ready" and the framework's version.
"""

import argparse
import json
import os
import pathlib
import sys
import time


class Problem:
    """What compare_bench wrote: a network, its weights and a batch."""

    def __init__(self, folder):
        import numpy

        header = json.loads((folder / "problem.json").read_text())
        self.widths, self.batch = header["widths"], header["batch"]
        self.tanh, self.classifies = header["tanh"], header["classifies"]
        self.learning_rate = header["learning_rate"]
        numbers = numpy.fromfile(folder / "numbers.f32", dtype=numpy.float32)
        sizes = [self.batch * self.widths[0], self.batch]
        for inputs, outputs in zip(self.widths, self.widths[1:]):
            sizes += [inputs * outputs, outputs]
        parts = numpy.split(numbers, numpy.cumsum(sizes)[:-1])
        self.inputs = parts[0].reshape(self.batch, self.widths[0])
        self.targets = parts[1]
        self.weights = [w.reshape(-1, inputs) for w, inputs in zip(parts[2::2], self.widths)]
        self.biases = parts[3::2]


class PyTorch:
    """Eager: torch.nn, a loss of torch.nn.functional and torch.optim.SGD."""

    def __init__(self, threads):
        import torch

        self.torch = torch
        torch.set_num_threads(threads)
        self.about = f"{torch.__version__}, eager, from Python"

    def load(self, problem):
        torch = self.torch
        layers = []
        for weight, bias in zip(problem.weights, problem.biases):
            linear = torch.nn.Linear(weight.shape[1], weight.shape[0])
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(weight))
                linear.bias.copy_(torch.from_numpy(bias))
            layers += [linear, torch.nn.Tanh() if problem.tanh else torch.nn.ReLU()]
        self.model = torch.nn.Sequential(*layers[:-1])
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=problem.learning_rate)
        self.x = torch.from_numpy(problem.inputs.copy())
        y = torch.from_numpy(problem.targets.copy())
        self.y = y.long() if problem.classifies else y.reshape(-1, 1)
        functional = torch.nn.functional
        self.loss = functional.cross_entropy
        if not problem.classifies:
            self.loss = lambda a, y: 0.5 * functional.mse_loss(a, y)

    def steps(self, count):
        for _ in range(count):
            self.optimizer.zero_grad()
            self.loss(self.model(self.x), self.y).backward()
            self.optimizer.step()

    def parameters(self):
        return [p.detach().numpy() for p in self.model.parameters()]


class ScikitLearn:
    """MLPClassifier and MLPRegressor by partial_fit(), which runs one step on one batch."""

    def __init__(self, threads):
        import sklearn
        import sklearn.neural_network

        del threads  # those of its BLAS and OpenMP, which the environment sets
        self.networks = sklearn.neural_network
        self.about = f"{sklearn.__version__}, MLP by partial_fit, from Python"

    def load(self, problem):
        kind = self.networks.MLPClassifier if problem.classifies else self.networks.MLPRegressor
        self.model = kind(
            hidden_layer_sizes=problem.widths[1:-1], activation="tanh" if problem.tanh else "relu", solver="sgd",
            alpha=0, batch_size=problem.batch, learning_rate_init=problem.learning_rate, momentum=0,
            nesterovs_momentum=False, shuffle=False)
        self.x = problem.inputs
        self.y = problem.targets.astype(int) if problem.classifies else problem.targets
        self.options = {"classes": list(range(problem.widths[-1]))} if problem.classifies else {}
        self.steps(1)  # allocates the weights
        for own, weight in zip(self.model.coefs_, problem.weights):
            own[...] = weight.T
        for own, bias in zip(self.model.intercepts_, problem.biases):
            own[...] = bias

    def steps(self, count):
        for _ in range(count):
            self.model.partial_fit(self.x, self.y, **self.options)

    def parameters(self):
        pairs = zip(self.model.coefs_, self.model.intercepts_)
        return [tensor for weight, bias in pairs for tensor in (weight.T, bias)]


class Jax:
    """One jit-compiled function for the whole step, its weights donated."""

    def __init__(self, threads):
        # Read when jax is imported; it has no option for any other number of threads than one and all cores.
        if threads == 1:
            os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
        import jax

        self.jax = jax
        self.about = f"{jax.__version__}, jit, from Python"

    def load(self, problem):
        jax, numpy = self.jax, self.jax.numpy
        activation = numpy.tanh if problem.tanh else jax.nn.relu

        def loss(weights, x, y):
            for weight, bias in weights[:-1]:
                x = activation(x @ weight.T + bias)
            weight, bias = weights[-1]
            a = x @ weight.T + bias
            if problem.classifies:
                return -numpy.mean(numpy.take_along_axis(jax.nn.log_softmax(a), y, axis=1))
            return 0.5 * numpy.mean((a - y) ** 2)

        def step(weights, x, y):
            gradients = jax.grad(loss)(weights, x, y)
            return jax.tree_util.tree_map(lambda w, g: w - problem.learning_rate * g, weights, gradients)

        self.weights = [(numpy.array(w), numpy.array(b)) for w, b in zip(problem.weights, problem.biases)]
        self.x = numpy.array(problem.inputs)
        self.y = numpy.array(problem.targets.astype(int) if problem.classifies else problem.targets).reshape(-1, 1)
        self.step = jax.jit(step, donate_argnums=0).lower(self.weights, self.x, self.y).compile()

    def steps(self, count):
        for _ in range(count):
            self.weights = self.step(self.weights, self.x, self.y)
        self.jax.block_until_ready(self.weights)

    def parameters(self):
        return [tensor for pair in self.weights for tensor in pair]


FRAMEWORKS = {"pytorch": PyTorch, "sklearn": ScikitLearn, "jax": Jax}


def save(folder, parameters):
    with open(folder / "parameters.f32", "wb") as file:
        for tensor in parameters:
            file.write(memoryview(tensor).tobytes(order="C"))


def answer(framework, line):
    command, argument = line.split(maxsplit=1)
    if command == "step":
        start = time.perf_counter()
        framework.steps(int(argument))
        return repr(time.perf_counter() - start)
    folder = pathlib.Path(argument.rstrip("\n"))
    if command == "load":
        framework.load(Problem(folder))
    elif command == "save":
        save(folder, framework.parameters())
    else:
        return f"unknown command {command}"
    return "ok"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--framework", choices=FRAMEWORKS, required=True)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    try:
        framework = FRAMEWORKS[options.framework](options.threads)
    except ImportError as error:
        print(f"missing {error.name}", flush=True)
        return
    print(f"ready {framework.about}", flush=True)
    for line in sys.stdin:
        print(answer(framework, line), flush=True)


if __name__ == "__main__":
    main()

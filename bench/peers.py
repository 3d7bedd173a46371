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
        self.recurrence = header.get("recurrence")
        sizes = [header["inputs"], header["targets"], *header["parameters"]]
        parts = numpy.split(numbers, numpy.cumsum(sizes)[:-1])
        inputs, self.targets, weights, self.biases = parts[0], parts[1], parts[2::2], parts[3::2]
        columns = self.widths
        if self.recurrence:
            # [steps, batch, inputs], as torch's layers and scans like them best.
            columns = self.recurrence["inputs"], self.recurrence["units"]
            self.targets = self.targets.reshape(self.batch, -1)
            inputs = inputs.reshape(self.batch, -1, columns[0]).transpose(1, 0, 2)
        else:
            inputs = inputs.reshape(self.batch, -1)
        self.inputs = numpy.ascontiguousarray(inputs)
        self.weights = [w.reshape(-1, inputs) for w, inputs in zip(weights, columns)]


class PyTorch:
    """Eager: torch.nn, a loss of torch.nn.functional and torch.optim.SGD."""

    def __init__(self, threads):
        import torch

        self.torch = torch
        torch.set_num_threads(threads)
        self.about = f"{torch.__version__}, eager, from Python"

    def load(self, problem):
        torch = self.torch
        self.x = torch.from_numpy(problem.inputs.copy())
        y = torch.from_numpy(problem.targets.copy())
        functional = torch.nn.functional
        if problem.recurrence:
            self.load_recurrent(problem)
            self.y, self.loss = y, lambda a, y: 0.5 / problem.batch * (a - y).square().sum()
        else:
            self.load_dense(problem)
            self.y = y.long() if problem.classifies else y.reshape(-1, 1)
            self.loss = functional.cross_entropy if problem.classifies else lambda a, y: 0.5 * functional.mse_loss(a, y)
        self.optimizer = torch.optim.SGD(self.moved, lr=problem.learning_rate)

    def load_dense(self, problem):
        torch = self.torch
        layers = []
        for weight, bias in zip(problem.weights, problem.biases):
            linear = torch.nn.Linear(weight.shape[1], weight.shape[0])
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(weight))
                linear.bias.copy_(torch.from_numpy(bias))
            layers += [linear, torch.nn.Tanh() if problem.tanh else torch.nn.ReLU()]
        self.model = torch.nn.Sequential(*layers[:-1])
        self.all_parameters = self.moved = list(self.model.parameters())

    def load_recurrent(self, problem):
        """A layer of torch.nn. It has two biases of each gate; of the second those move that the problem has, too."""
        torch, units = self.torch, problem.recurrence["units"]
        kind = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn": torch.nn.RNN}[problem.recurrence["cell"]]
        layer = kind(problem.recurrence["inputs"], units)
        second, moving = layer.bias_hh_l0, problem.biases[1].size
        own = [layer.weight_ih_l0, layer.bias_ih_l0, layer.weight_hh_l0, second[len(second) - moving:]]
        parts = problem.weights[0], problem.biases[0], problem.weights[1], problem.biases[1]
        with torch.no_grad():
            second.zero_()
            for to, numbers in zip(own, parts):
                to.copy_(torch.from_numpy(numbers))
        if moving:
            mask = torch.arange(len(second)) >= len(second) - moving
            second.register_hook(lambda gradient: gradient * mask)
        else:
            second.requires_grad_(False)
        self.all_parameters, self.moved = own, [p for p in layer.parameters() if p.requires_grad]

        class LastState(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.layer = layer

            def forward(self, x):
                last = self.layer(x)[1]
                return (last[0] if kind is torch.nn.LSTM else last)[0]

        self.model = LastState()

    def steps(self, count):
        for _ in range(count):
            self.optimizer.zero_grad()
            self.loss(self.model(self.x), self.y).backward()
            self.optimizer.step()

    def parameters(self):
        return [p.detach().numpy() for p in self.all_parameters]


class Compiled(PyTorch):
    """The same with the model by torch.compile, which PyTorch has since 2.0."""

    def __init__(self, threads):
        super().__init__(threads)
        if not hasattr(self.torch, "compile"):
            raise ImportError(name="torch.compile")
        self.about = f"{self.torch.__version__}, torch.compile, from Python"

    def load(self, problem):
        super().load(problem)
        self.model = self.torch.compile(self.model)


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
        loss = self.recurrent_loss(problem) if problem.recurrence else self.dense_loss(problem)

        def step(weights, x, y):
            gradients = jax.grad(loss)(weights, x, y)
            return jax.tree_util.tree_map(lambda w, g: w - problem.learning_rate * g, weights, gradients)

        self.weights = [(numpy.array(w), numpy.array(b)) for w, b in zip(problem.weights, problem.biases)]
        self.x = numpy.array(problem.inputs)
        self.y = numpy.array(problem.targets.astype(int) if problem.classifies else problem.targets)
        if not problem.recurrence:
            self.y = self.y.reshape(-1, 1)
        self.step = jax.jit(step, donate_argnums=0).lower(self.weights, self.x, self.y).compile()

    def dense_loss(self, problem):
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

        return loss

    def recurrent_loss(self, problem):
        """jax.lax.scan over what one product has made of all rows."""
        jax, numpy = self.jax, self.jax.numpy
        sigmoid, cell = jax.nn.sigmoid, problem.recurrence["cell"]

        def loss(weights, x, y):
            (weight, bias), (recurrent, candidate_bias) = weights

            def lstm(state, from_row):
                h, c = state
                i, f, g, o = numpy.split(from_row + h @ recurrent.T, 4, axis=1)
                c = sigmoid(f) * c + sigmoid(i) * numpy.tanh(g)
                return (sigmoid(o) * numpy.tanh(c), c), None

            def gru(state, from_row):
                h, c = state
                (r, z, n), (r_state, z_state, n_state) = (
                    numpy.split(part, 3, axis=1) for part in (from_row, h @ recurrent.T))
                z = sigmoid(z + z_state)
                n = numpy.tanh(n + sigmoid(r + r_state) * (n_state + candidate_bias))
                return ((1 - z) * n + z * h, c), None

            def rnn(state, from_row):
                h, c = state
                return (numpy.tanh(from_row + h @ recurrent.T), c), None

            zeros = numpy.zeros_like(y)
            step = {"lstm": lstm, "gru": gru, "rnn": rnn}[cell]
            (h, _), _ = jax.lax.scan(step, (zeros, zeros), x @ weight.T + bias)
            return 0.5 / problem.batch * numpy.sum((h - y) ** 2)

        return loss

    def steps(self, count):
        for _ in range(count):
            self.weights = self.step(self.weights, self.x, self.y)
        self.jax.block_until_ready(self.weights)

    def parameters(self):
        return [tensor for pair in self.weights for tensor in pair]


FRAMEWORKS = {"pytorch": PyTorch, "compiled": Compiled, "sklearn": ScikitLearn, "jax": Jax}


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

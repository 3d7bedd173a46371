#!/usr/bin/env python3
"""Epochs of a 784-256-128-10 network on Fashion-MNIST by one of Python's frameworks: a side of end_to_end.py.

Prints one JSON object: the seconds of each epoch, shuffling and gathering included, and the accuracy on the test set
after the last. The images are standardised floats in memory before the first.
"""

import argparse
import gzip
import json
import pathlib
import time

import numpy

HIDDEN = [256, 128]
CLASSES = 10
LEARNING_RATE = {"sgd": 0.01, "adam": 0.0003}


def read_idx(path, header_bytes):
    with gzip.open(path, "rb") as file:
        return numpy.frombuffer(file.read(), dtype=numpy.uint8, offset=header_bytes)


def load(folder, part):
    images = read_idx(folder / f"{part}-images-idx3-ubyte.gz", 16).reshape(-1, 784)
    labels = read_idx(folder / f"{part}-labels-idx1-ubyte.gz", 8)
    return images.astype(numpy.float32), labels.astype(numpy.int64)


def data_of(folder):
    """Training and test images, standardised by the training images, and their labels."""
    train_x, train_y = load(folder, "train")
    test_x, test_y = load(folder, "t10k")
    mean, deviation = train_x.mean(axis=0), train_x.std(axis=0)
    deviation[deviation == 0] = 1
    return (train_x - mean) / deviation, train_y, (test_x - mean) / deviation, test_y


def run_pytorch(data, options):
    import torch

    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    train_x, train_y, test_x, test_y = map(torch.from_numpy, data)
    widths = [784, *HIDDEN, CLASSES]
    layers = [layer for inputs, outputs in zip(widths, widths[1:])
              for layer in (torch.nn.Linear(inputs, outputs), torch.nn.ReLU())]
    model = torch.nn.Sequential(*layers[:-1])
    kind = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[options.optimizer]
    optimizer = kind(model.parameters(), lr=LEARNING_RATE[options.optimizer])
    seconds = []
    for _ in range(options.epochs):
        start = time.perf_counter()
        for batch in torch.randperm(len(train_x)).split(options.batch):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(train_x[batch]), train_y[batch]).backward()
            optimizer.step()
        seconds.append(time.perf_counter() - start)
    with torch.no_grad():
        accuracy = (model(test_x).argmax(dim=1) == test_y).float().mean().item()
    return torch.__version__, seconds, accuracy


def run_sklearn(data, options):
    import sklearn
    from sklearn.neural_network import MLPClassifier

    train_x, train_y, test_x, test_y = data
    model = MLPClassifier(
        hidden_layer_sizes=HIDDEN, activation="relu", solver=options.optimizer, alpha=0, batch_size=options.batch,
        learning_rate_init=LEARNING_RATE[options.optimizer], momentum=0, nesterovs_momentum=False, random_state=1)
    seconds = []
    for _ in range(options.epochs):
        start = time.perf_counter()
        model.partial_fit(train_x, train_y, classes=list(range(CLASSES)))  # one epoch, in batches
        seconds.append(time.perf_counter() - start)
    return sklearn.__version__, seconds, model.score(test_x, test_y)


FRAMEWORKS = {"pytorch": run_pytorch, "sklearn": run_sklearn}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--framework", choices=FRAMEWORKS, required=True)
    parser.add_argument("--optimizer", choices=LEARNING_RATE, required=True)
    parser.add_argument("--threads", type=int, default=1, help="also set OMP_NUM_THREADS and OPENBLAS_NUM_THREADS")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--data", type=pathlib.Path, default="/usr/share/datasets/fashion-mnist")
    options = parser.parse_args()
    version, seconds, accuracy = FRAMEWORKS[options.framework](data_of(options.data), options)
    print(json.dumps({"version": version, "seconds": seconds, "accuracy": accuracy}))


if __name__ == "__main__":
    main()

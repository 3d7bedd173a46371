"""The pages that tests of derivations in HTML look at."""

import pathlib
import subprocess

# Three inputs, two hidden layers of 5 and 3, two classes.
CONFIG = """
format = 1
seed = 1
[data]
format = "csv"
train = "samples.csv"
target = "kind"
[model]
layers = [{ type = "dense", units = 5, activation = "sigmoid" },
          { type = "dense", units = 3, activation = "sigmoid" },
          { type = "dense" }]
[train]
loss = "softmax_cross_entropy"
optimizer = { type = "sgd", learning_rate = 0.1 }
epochs = 1
batch_size = 2
[output]
name = "network"
"""
SAMPLES = "a,b,c,kind\n0.1,0.2,0.3,u\n0.5,0.1,0.9,v\n0.3,0.2,0.1,u\n0.7,0.6,0.5,v\n"

EXPRESSION = ["--expr", "x'*A*x + sum(exp(x.*x))", "--given", "A: n×n, x: n"]
PAGES = {
    "expression": EXPRESSION,
    "network": ["network.toml", "--numbers"],
    "chinese": ["network.toml", "--lang", "zh", "--detail", "full"],
    "recurrent": [
        "--each", "x of X: f = sigmoid(W*x + U*h + b); h: 2 = f.*h + (1 - f).*tanh(x)", "--expr", "squared_error(h, y)",
        "--given", "X: 5×2, W: 2×2, U: 2×2, b: 2, y: 2", "--wrt", "W,U,b", "--numbers",
    ],
    "many-layers": [
        "--expr", "sum(" + "tanh(W*" * 10 + "x" + ")" * 10 + ")", "--given", "W: 4×4, x: 4",
    ],
}


def write_pages(program, folder):
    """One file a page, named by its key in PAGES."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "network.toml").write_text(CONFIG, encoding="utf-8")
    (folder / "samples.csv").write_text(SAMPLES, encoding="utf-8")
    for name, arguments in PAGES.items():
        command = [pathlib.Path(program).resolve(), "derive", *arguments, "--format", "html", "--output", f"{name}.html"]
        subprocess.run(command, cwd=folder, check=True)

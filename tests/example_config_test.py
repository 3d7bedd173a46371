"""An example's config trains to the figure that its comment expects, on the data that lie beside it, and foretells better
than its baseline where it has one.

usage: example_config_test.py PROGRAM CONFIG
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

EXPECTED = re.compile(r"^# Expected: test (accuracy|loss) ([\d.]+) or (more|less)\.$", re.M)
MAKE_TRIPS = pathlib.Path(__file__).resolve().parent.parent / "examples" / "make_trips.py"
# Of half a million rows a tenth, more often; what can be learned of a tenth is less.
FEWER_TRIPS = {"rows": 50_000, "epochs": 40, "loss": 2.4}
# Configs that take minutes: what a test trains with instead, and the bound of what that reaches.
SHORTER = {
    "fashion-mnist-lstm": (["train.epochs=1"], 0.84),
    "jargon": (["train.epochs=1", "train.batch_size=16", "train.optimizer.learning_rate=0.005",
                "model.layers.1.units=64"], 2.15),
}
MOST_LINES = 24


def expectation(config):
    """(metric, bound), from the config's comment."""
    text = config.read_text(encoding="utf-8")
    found = EXPECTED.findall(text)
    if len(found) != 1:
        sys.exit(f"{config}: needed one line '# Expected: test accuracy 0.97 or more.', found {len(found)}")
    if len(text.splitlines()) > MOST_LINES:
        sys.exit(f"{config}: needed at most {MOST_LINES} lines, found {len(text.splitlines())}")
    metric, bound, direction = found[0]
    if (metric == "accuracy") != (direction == "more"):
        sys.exit(f"{config}: needed an accuracy or more, or a loss or less, found '{metric} ... or {direction}'")
    return metric, float(bound)


def fewer_trips(folder):
    """The trips' config on a tenth of its rows: arguments and bound."""
    table = f"{folder}/trips.csv"
    subprocess.run([sys.executable, MAKE_TRIPS, table, str(FEWER_TRIPS["rows"])], check=True)
    return ["--set", f"data.train={table}", "--set", f"train.epochs={FEWER_TRIPS['epochs']}"], FEWER_TRIPS["loss"]


def beats_baseline(test):
    """Whether all forecasts that have a baseline beside them are nearer than it, by either measure."""
    nearer = True
    for forecast in test.get("forecasts", []):
        for measure, error in forecast["network"].items():
            naive = forecast["seasonal_naive"][measure]
            print(f"{forecast['target']}: {measure} {error:.4f}, of the seasonal-naive forecast {naive:.4f}")
            nearer = nearer and error < naive
    return nearer


def main():
    program, config = sys.argv[1], pathlib.Path(sys.argv[2])
    metric, bound = expectation(config)
    with tempfile.TemporaryDirectory() as folder:
        settings, bound = SHORTER.get(config.stem, ([], bound))
        arguments = [f"--set={setting}" for setting in settings]
        if config.stem == "trips":
            arguments, bound = fewer_trips(folder)
        command = [program, "train", config, "--json", "--out", f"{folder}/run", *arguments]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    test = json.loads(output.splitlines()[-1])["test"]
    print(f"test {metric} {test[metric]:.4f}, expected {bound}")
    fails = test[metric] < bound if metric == "accuracy" else test[metric] > bound
    return fails or not beats_baseline(test)


if __name__ == "__main__":
    sys.exit(main())

"""Where tables come from: the data that Debian's packages carry, unpacked and saved as people save them.

Nothing is installed: apt downloads the packages, which verifies them, and they are unpacked into the cache.
"""

import csv
import dataclasses
import gzip
import pathlib
import shlex
import shutil
import subprocess
import xml.etree.ElementTree

from tabular import saved

HERE = pathlib.Path(__file__).resolve().parent
R_LIBRARIES = ("usr/lib/R/library", "usr/lib/R/site-library")
LISTING = "exported.tsv"
LEAST_ROWS = 30


class Failed(Exception):
    """What was needed, and what was found."""


class Missing(Failed):
    """A package is not installed."""


@dataclasses.dataclass(frozen=True)
class Source:
    """A table that was saved."""
    package: str
    name: str
    style: str
    path: pathlib.Path

    @property
    def key(self):
        return f"{self.package}.{self.name}"


def hash_of(text, bound):
    """Of a name, the same on every machine; below bound."""
    return sum(ord(letter) * place for place, letter in enumerate(text, 1)) % bound


def fetch(packages, folder):
    return subprocess.run(["apt-get", "-qq", "download", *packages], cwd=folder, capture_output=True, text=True)


def download(packages, cache):
    """Unpacks those packages below cache/root, each once; tells of those that apt does not know."""
    folder, root = cache / "packages", cache / "root"
    folder.mkdir(parents=True, exist_ok=True)
    missing = [package for package in packages if not list(folder.glob(f"{package}_*.deb"))]
    if missing and not shutil.which("apt-get"):
        raise Missing("needed apt-get, to download the packages that carry tables, found none")
    if missing and fetch(missing, folder).returncode != 0:  # one that apt does not know stops it: then one by one
        for package in missing:
            result = fetch([package], folder)
            if result.returncode != 0:
                print(f"  {package}: {(result.stderr.strip().splitlines() or ['apt-get failed'])[-1]}", flush=True)
    if missing or not root.exists():
        for archive in sorted(folder.glob("*.deb")):
            subprocess.run(["dpkg-deb", "-x", archive, root], check=True)
    return root


def from_r(root, cache):
    """Every table among R's data sets, saved by R itself."""
    if not shutil.which("Rscript"):
        raise Missing("needed Rscript, of the package r-base-core, found none")
    folder = cache / "r"
    listing = folder / LISTING
    if not listing.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        libraries = [root / library for library in R_LIBRARIES if (root / library).exists()]
        command = ["Rscript", "--vanilla", HERE / "export.R", *libraries, "/usr/lib/R/library", folder]
        result = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"})
        for source in listed(result.stdout, folder):
            if source.style == "pandas":
                saved.write(source.path, "pandas", without_na(saved.read(source.path, "blank")))
        listing.write_text(result.stdout, encoding="utf-8")  # last: an interrupted export is done again
    return listed(listing.read_text(encoding="utf-8"), folder)


def listed(text, folder):
    for package, name, style, path in csv.reader(text.splitlines(), delimiter="\t"):
        yield Source(package, name, style, folder / path)


def without_na(table):
    return saved.Table(table.header, [["" if cell == "NA" else cell for cell in row] for row in table.rows])


# gretl, statsmodels and scikit-learn: what their users would write with each.
PYTHON_STYLES = ("pandas", "pandas", "plain", "plain", "semicolon", "tab")


def save(package, name, table, cache):
    folder = cache / "python"
    folder.mkdir(parents=True, exist_ok=True)
    style = PYTHON_STYLES[hash_of(f"{package}.{name}", len(PYTHON_STYLES))]
    path = folder / f"{package}.{name}.{'tsv' if style == 'tab' else 'csv'}"
    saved.write(path, style, table)
    return Source(package, name, style, path)


def gretl_table(path):
    """A .gdt file's table, or None where its rows are not cases but times."""
    data = path.read_bytes()
    tree = xml.etree.ElementTree.fromstring(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)
    if tree.get("type") == "time-series":
        return None
    names = [variable.get("name") for variable in tree.find("variables")]
    observations = list(tree.find("observations"))
    rows = [["" if cell == "NA" else cell for cell in (row.text or "").split()] for row in observations]
    for strings in tree.iter("valstrings"):  # what the codes 1, 2, ... of a variable stand for
        texts, place = shlex.split(strings.text), names.index(strings.get("owner"))
        for row in rows:
            row[place] = texts[int(row[place]) - 1] if row[place] else ""
    if observations and observations[0].get("label"):
        names, rows = ["obs", *names], [[row.get("label"), *cells] for row, cells in zip(observations, rows)]
    return saved.Table(names, rows)


def from_gretl(root, cache):
    for path in sorted((root / "usr/share/gretl/data").rglob("*.gdt")):
        table = gretl_table(path)
        if table and len(table.rows) >= LEAST_ROWS and all(len(row) == len(table.header) for row in table.rows):
            yield save("gretl", path.stem, table, cache)


def from_statsmodels(root, cache):
    """Half of them as the package carries them, half as pandas saves what the package loads."""
    for path in sorted((root / "usr/lib/python3/dist-packages/statsmodels/datasets").glob("*/*.csv")):
        with open(path, encoding="utf-8-sig") as file:
            first = file.readline()
        style = max(("plain", "tab", "semicolon_point"), key=lambda style: first.count(saved.STYLES[style].separator))
        try:
            table = saved.read(path, style)
        except ValueError:
            continue
        if len(table.rows) < LEAST_ROWS or len(table.header) < 2:
            continue
        if style != "plain" or hash_of(path.stem, 2) == 0:
            yield Source("statsmodels", path.stem, style, path)
        else:
            yield save("statsmodels", path.stem, table, cache)


def from_sklearn(cache):
    """As `load_iris(as_frame=True).frame` and its like are saved."""
    try:
        import sklearn.datasets as datasets
    except ImportError as error:
        raise Missing("needed scikit-learn, of the package python3-sklearn, found none") from error
    for name in ("iris", "wine", "breast_cancer", "digits", "diabetes"):
        data = getattr(datasets, f"load_{name}")()
        names = [str(column) for column in data.feature_names] + ["target"]
        classes = [str(label) for label in data.target_names] if "target_names" in data else None
        rows = [[*(repr(float(cell)) for cell in cells), classes[target] if classes else repr(float(target))]
                for cells, target in zip(data.data, data.target)]
        yield save("sklearn", name, saved.Table(names, rows), cache)

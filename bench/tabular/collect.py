"""The tables of tables.py: saved, chosen and listed, with the same result wherever the same packages are installed."""

import hashlib
import json
import pathlib
import tomllib

from tabular import saved, sources, targets

HERE = pathlib.Path(__file__).resolve().parent


def rank(key):
    """An order that has nothing to do with what is in the tables."""
    return hashlib.sha256(key.encode()).hexdigest()


def all_sources(cache):
    told = tomllib.loads((HERE / "packages.toml").read_text(encoding="utf-8"))
    root = sources.download(told["others"] + [f"r-cran-{name}" for name in told["r"].split()], cache)
    return [*sources.from_sklearn(cache), *sources.from_r(root, cache), *sources.from_gretl(root, cache),
            *sources.from_statsmodels(root, cache)]


def entry_of(source, told):
    """What the manifest says of a table, or None if it cannot be used."""
    decimal = saved.STYLES[source.style].decimal
    try:
        table = saved.read(source.path, source.style)
    except ValueError:
        return None
    found = targets.target_of(source.key, table, decimal, told)
    if found is None:
        return None
    return {"key": source.key, "package": source.package, "style": source.style, "path": str(source.path),
            "rows": len(table.rows), "columns": len(table.header), "target": found[0], "task": found[1],
            "content": targets.content_hash(table)}


def choose(found, most, most_of_package):
    """The first of each content, at most so many in all and of a package; scikit-learn's own come first."""
    told, chosen, contents, packages = targets.overrides(), [], set(), {}
    for source in sorted(found, key=lambda source: (source.package != "sklearn", rank(source.key))):
        if len(chosen) == most:
            break
        if packages.get(source.package, 0) == most_of_package:
            continue
        entry = entry_of(source, told)
        if entry and entry["content"] not in contents:
            contents.add(entry["content"])
            packages[source.package] = packages.get(source.package, 0) + 1
            chosen.append(entry)
    return chosen


def of_sklearn(cache):
    """Those that need no other package."""
    told = targets.overrides()
    return [entry_of(source, told) for source in sources.from_sklearn(cache)]


def collect(cache, most, most_of_package):
    """The manifest, made at the first call."""
    path = cache / f"manifest-{most}-{most_of_package}.json"
    if not path.exists():
        print(f"collecting tables into {cache}", flush=True)
        cache.mkdir(parents=True, exist_ok=True)
        entries = choose(all_sources(cache), most, most_of_package)
        path.write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")
    return json.loads(path.read_text(encoding="utf-8"))

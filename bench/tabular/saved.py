"""Tables as people save them: how each style is written, and how one who knows the style reads it."""

import csv
import dataclasses
import datetime
import gzip
import io
import math
import pathlib

MISSING = {"", "NA", "N/A", "nan", "NaN", "NULL", "None", "?", "-", "."}
BOOLEANS = {"TRUE", "FALSE", "True", "False", "true", "false"}
DATE_FORMATS = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%d/%m/%Y", "%m/%d/%Y")


@dataclasses.dataclass(frozen=True)
class Style:
    """row_names: where each row's name stands before its cells, and whether the header has a cell for it."""
    separator: str = ","
    decimal: str = "."
    row_names: str = "none"  # or "nameless" or "without header"
    quotes: str = "doubled"  # or "escaped" by a backslash, or "none", where a quote is a letter

    def dialect(self):
        """As csv.reader and csv.writer have it."""
        return {"delimiter": self.separator, "doublequote": self.quotes == "doubled",
                "escapechar": "\\" if self.quotes == "escaped" else None,
                "quoting": csv.QUOTE_NONE if self.quotes == "none" else csv.QUOTE_MINIMAL}


# Those of export.R come from R's own functions; those of `write` are marked.
STYLES = {
    "csv": Style(row_names="nameless"),
    "csv_gz": Style(row_names="nameless"),
    "blank": Style(),
    "csv2": Style(";", ","),
    "csv2_rows": Style(";", ",", "nameless"),
    "tsv": Style("\t", quotes="none"),
    "table": Style("\t", row_names="without header", quotes="escaped"),
    "pandas": Style(row_names="nameless"),  # written here
    "plain": Style(),                       # written here
    "semicolon": Style(";", ","),           # written here
    "tab": Style("\t"),                     # written here
    "semicolon_point": Style(";"),
}


@dataclasses.dataclass
class Table:
    """Cells as they stand in the file; the rows' names, if any, are a first column without a name."""
    header: list
    rows: list

    def column(self, index):
        return [row[index].strip() for row in self.rows]


def text_of(path):
    data = pathlib.Path(path).read_bytes()
    if str(path).endswith(".gz"):
        data = gzip.decompress(data)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def read(path, style):
    """The table of that style; rows that are not as long as the header are a ValueError."""
    about = STYLES[style]
    text = text_of(path)
    header, *rows = [row for row in csv.reader(io.StringIO(text, newline=""), **about.dialect()) if row]
    if about.row_names == "without header":
        header = ["", *header]
    for number, row in enumerate(rows, 2):
        if len(row) != len(header):
            raise ValueError(f"{path}: row {number} has {len(row)} cells, the header {len(header)}")
    return Table(header, rows)


def write(path, style, table):
    """Saves a table in one of the styles that are written here; cells are texts, in which "" is missing."""
    about = STYLES[style]
    header, rows = table.header, table.rows
    if style == "pandas":
        numeric = [is_whole_with_gaps(table.column(i)) for i in range(len(header))]
        rows = [[pandas_cell(cell, gaps) for cell, gaps in zip(row, numeric)] for row in rows]
        header, rows = ["", *header], [[str(i), *row] for i, row in enumerate(rows)]
    if about.decimal == ",":
        rows = [[cell.replace(".", ",") if number_of(cell) is not None else cell for cell in row] for row in rows]
    with open_text(path) as file:
        writer = csv.writer(file, lineterminator="\r\n" if style == "semicolon" else "\n", **about.dialect())
        writer.writerows([header, *rows])


def open_text(path):
    if str(path).endswith(".gz"):
        return gzip.open(path, "wt", encoding="utf-8", newline="")
    return open(path, "w", encoding="utf-8", newline="")


def is_whole_with_gaps(cells):
    """pandas has no missing whole number and makes such a column one of floats: 1.0."""
    present = [cell for cell in cells if cell != ""]
    return len(present) < len(cells) and all(cell.lstrip("-").isdigit() for cell in present)


def pandas_cell(cell, gaps):
    if cell in ("TRUE", "FALSE"):
        return cell.capitalize()
    return f"{cell}.0" if gaps and cell != "" else cell


def write_like(path, style, table):
    """Saves a table as `read` found it, for parts of it and columns beside it."""
    about = STYLES[style]
    header = table.header[1:] if about.row_names == "without header" else table.header
    with open_text(path) as file:
        if about.quotes == "none":
            file.writelines(about.separator.join(row) + "\n" for row in [header, *table.rows])
        else:
            csv.writer(file, lineterminator="\n", **about.dialect()).writerows([header, *table.rows])


def number_of(cell, decimal="."):
    """A finite number, or None."""
    try:
        number = float(cell.replace(decimal, ".") if decimal != "." else cell)
    except ValueError:
        return None
    return number if math.isfinite(number) and "_" not in cell else None


def date_of(cell):
    for form in DATE_FORMATS:
        try:
            return datetime.datetime.strptime(cell, form)
        except ValueError:
            pass
    return None


def kind_of(cells, decimal="."):
    """What a column holds: "nothing", "numbers", "booleans", "dates" or "texts"."""
    present = [cell for cell in cells if cell not in MISSING]
    if not present:
        return "nothing"
    if all(number_of(cell, decimal) is not None for cell in present):
        return "numbers"
    if set(present) <= BOOLEANS:
        return "booleans"
    if date_of(present[0]) and all(date_of(cell) for cell in set(present)):
        return "dates"
    return "texts"

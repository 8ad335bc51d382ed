"""Runs a cell's Python in a container: variables in, figures and tables and variables out. Never imported.

Sent as text; standard library only, any Python from 3.6 on, nothing else of the package is there.
"""

import ast
import base64
import builtins
import csv
import importlib.util
import io
import json
import linecache
import os
import sys
import traceback
import types
from pathlib import Path

FOLDER = os.environ["VARIABLES"]
OUT = os.path.join(FOLDER, "out")
CELL = "<cell>"
# Not more than what the other side takes.
MAX_ROWS, MAX_COLUMNS = 50, 30


def module(name):
    try:
        return __import__(name)
    except ImportError:
        return None


def define(name, suffixes):
    """Return the value of an input, from the best of its files that can be read here."""
    path = os.path.join(FOLDER, "in", name)
    if ".arrow" in suffixes and module("pyarrow"):
        import pyarrow

        with open(path + ".arrow", "rb") as file:
            table = pyarrow.ipc.open_file(file).read_all()
        return table.to_pandas() if b"pandas" in (table.schema.metadata or {}) and module("pandas") else table
    if ".csv" in suffixes:
        if module("pandas"):
            return module("pandas").read_csv(path + ".csv")
        with open(path + ".csv", newline="") as file:
            return list(csv.DictReader(file))
    return read(path, suffixes[0])


def read(path, suffix):
    with open(path + suffix, "rb") as file:
        content = file.read()
    if suffix == ".txt":
        return content.decode()
    if suffix == ".bin":
        return content
    if suffix == ".json":
        return json.loads(content.decode())
    if suffix == ".jsonl":
        return [json.loads(line) for line in content.decode().split("\n") if line.strip()]
    if suffix == ".npy":
        if not module("numpy"):
            raise SystemExit("variable %s is an array, and the image has no numpy" % os.path.basename(path))
        array = module("numpy").load(path + suffix, allow_pickle=False)
        return array if array.ndim else array[()]
    return Path(path + suffix)


def stranger(value, depth=200):
    """Return the place of what JSON has not, and what it is; None if it has all of a value."""
    kind = type(value)
    if kind in (str, int, float, bool, type(None)):
        return None
    if depth == 0:
        return "", "is nested too deeply, or in itself"
    if kind not in (list, tuple, dict):
        return "", "is a %s.%s" % (kind.__module__, kind.__qualname__)
    wrong = [key for key in value if type(key) is not str] if kind is dict else []
    if wrong:
        return "", "has the key %.50r, and those of JSON are strings" % (wrong[0],)
    for key, item in value.items() if kind is dict else enumerate(value):
        found = stranger(item, depth - 1)
        if found:
            return ("" if "nested" in found[1] else "[%.50r]%s" % (key, found[0])), found[1]
    return None


def pack(name, value, reads):
    """Return suffix and content of an output."""
    if isinstance(value, str):
        return ".txt", value.encode()
    if isinstance(value, (bytes, bytearray)):
        return ".bin", bytes(value)
    if isinstance(value, Path):
        return value.suffix, value.read_bytes()
    unlike_json = stranger(value)
    if unlike_json is None:
        return ".json", json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    kind = type(value)
    if hasattr(value, "dtype") and kind.__module__ == "numpy":
        if "npy" not in reads:
            return ".json", json.dumps(value.tolist()).encode()
        file = io.BytesIO()
        module("numpy").save(file, value, allow_pickle=False)
        return ".npy", file.getvalue()
    if kind.__module__.startswith(("pandas", "pyarrow")) and hasattr(value, "columns"):
        return pack_table(value, reads)
    if kind in (list, tuple, dict):
        raise SystemExit("variable %s cannot travel: %s%s %s" % ((name, name) + unlike_json))
    text = "variable %s cannot travel: %s.%s has no format"
    raise SystemExit(text % (name, kind.__module__, kind.__qualname__))


def pack_table(value, reads):
    pyarrow = module("pyarrow")
    if pyarrow and "arrow" in reads:
        table = value if isinstance(value, pyarrow.Table) else pyarrow.Table.from_pandas(value)
        sink = pyarrow.BufferOutputStream()
        with pyarrow.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
        return ".arrow", bytes(sink.getvalue())
    frame = value.to_pandas() if not hasattr(value, "to_csv") else value
    return ".csv", frame.to_csv(index=type(frame.index).__name__ != "RangeIndex").encode()


def display(*values):
    """Show values: a figure as a picture, a table as a table, anything else as its text."""
    for value in values:
        record = {"text/plain": repr(value)}
        if callable(getattr(value, "savefig", None)):
            file = io.BytesIO()
            value.savefig(file, format="png", bbox_inches="tight")
            record["image/png"] = base64.b64encode(file.getvalue()).decode()
            shown.append(value)
        elif callable(getattr(value, "_repr_png_", None)):
            png = value._repr_png_()
            if isinstance(png, bytes):
                record["image/png"] = base64.b64encode(png).decode()
        elif type(value).__module__.startswith("pandas") and hasattr(value, "itertuples"):
            part = value.iloc[:MAX_ROWS, :MAX_COLUMNS]
            rows = [[str(cell) for cell in row] for row in part.itertuples()]
            record["table"] = {"titles": [""] + [str(name) for name in part.columns], "rows": rows}
        with open(os.path.join(OUT, ".display.jsonl"), "a") as file:
            file.write(json.dumps(record) + "\n")


# Kept, and not only their ids: those of figures that are gone come again.
shown = []


def figures():
    """Show the figures that pyplot has open and nobody showed."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    for number in pyplot.get_fignums() if pyplot else ():
        figure = pyplot.figure(number)
        if not any(figure is one for one in shown):
            display(figure)


class ShownByPyplot:
    """On sys.meta_path: finds pyplot for who imports it, and has its show() show the open figures, and close them."""

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name != "matplotlib.pyplot":
            return None
        sys.meta_path.remove(cls)
        spec = importlib.util.find_spec(name)
        if spec is not None and hasattr(spec.loader, "exec_module"):
            load = spec.loader.exec_module

            def exec_module(pyplot):
                load(pyplot)
                pyplot.show = cls.show

            spec.loader.exec_module = exec_module
        return spec

    @staticmethod
    def show(*_, **__):
        figures()
        sys.modules["matplotlib.pyplot"].close("all")


def run(source, names):
    """Run a cell; its last expression is shown."""
    linecache.cache[CELL] = (len(source), None, source.splitlines(True), CELL)
    tree = ast.parse(source, CELL)
    last = None
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        last = ast.Expression(tree.body.pop().value)
    exec(compile(tree, CELL, "exec"), names)
    if last is not None:
        value = eval(compile(last, CELL, "eval"), names)
        if value is not None:
            display(value)


def main():
    os.environ.setdefault("MPLBACKEND", "Agg")
    sys.meta_path.insert(0, ShownByPyplot)
    with open(os.path.join(FOLDER, "manifest.json")) as file:
        manifest = json.load(file)
    with open(os.path.join(FOLDER, "cell.py"), encoding="utf-8") as file:
        source = file.read()
    cell = types.ModuleType("__main__")
    sys.modules["__main__"] = cell
    cell.__dict__.update({"__builtins__": builtins, "display": display})
    for name, suffixes in manifest["inputs"].items():
        cell.__dict__[name] = define(name, suffixes)
    try:
        run(source, cell.__dict__)
    except SystemExit:
        raise
    except BaseException:
        kind, error, trace = sys.exc_info()
        while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
            trace = trace.tb_next
        traceback.print_exception(kind, error, trace)
        raise SystemExit(1) from None
    finally:
        figures()
    for name in manifest["outputs"]:
        if name not in cell.__dict__:
            raise SystemExit("variable %s is not defined at the end of the cell" % name)
        suffix, content = pack(name, cell.__dict__[name], manifest["reads"])
        with open(os.path.join(OUT, name + suffix), "wb") as file:
            file.write(content)


if __name__ == "__main__":
    main()

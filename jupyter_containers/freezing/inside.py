"""Runs the cells of a notebook in an image, and writes down their outputs. Never imported.

Sent as text; any Python from 3.6 on. With nbclient and a kernel in the image it is a real notebook; else the cells are
run one after the other in this process, and only their text is kept.
"""

import ast
import contextlib
import io
import json
import os
import platform
import sys
import traceback

FOLDER = os.environ["VARIABLES"]
OURS = "it works with containers, which are not to be had inside"
MAGIC = "it has magics, and there is no IPython in the image"


def is_ours(source):
    return "%container" in source or "%load_ext jupyter_containers" in source


def with_nbclient(sources):
    """Return the outputs of cells that a kernel has run. Raises ImportError, or whatever prevents the kernel."""
    import nbclient
    import nbformat
    from jupyter_client.kernelspec import KernelSpecManager

    if "python3" not in KernelSpecManager().find_kernel_specs():
        raise ImportError("no kernel")
    # What is not to be run is there as an empty cell, so that numbers stay.
    cells = [nbformat.v4.new_code_cell("" if is_ours(source) else source) for source in sources]
    notebook = nbformat.v4.new_notebook(cells=cells)
    client = nbclient.NotebookClient(notebook, kernel_name="python3", timeout=None, allow_errors=True)
    client.execute(cwd=os.getcwd())
    return [
        {"skipped": OURS} if is_ours(source) else {"outputs": cell["outputs"]}
        for source, cell in zip(sources, notebook["cells"])
    ]


def plainly(sources):
    """Return the text that cells wrote, run in this process up to the first that fails."""
    names = {"__name__": "__main__", "__builtins__": __builtins__}
    reports = []
    for number, source in enumerate(sources, 1):
        if is_ours(source):
            reports.append({"skipped": OURS})
        elif any(line.lstrip().startswith(("%", "!")) for line in source.splitlines()):
            reports.append({"skipped": MAGIC})
        else:
            outputs = cell(source, number, names)
            reports.append({"outputs": outputs})
            if any(output["output_type"] == "error" for output in outputs):
                break
    return reports


def cell(source, number, names):
    written, value, outputs = io.StringIO(), None, []
    with contextlib.redirect_stdout(written):
        try:
            tree = ast.parse(source, "<cell %d>" % number)
            last = None
            if tree.body and isinstance(tree.body[-1], ast.Expr) and not source.rstrip().endswith(";"):
                last = ast.Expression(tree.body.pop().value)
            exec(compile(tree, "<cell %d>" % number, "exec"), names)
            if last is not None:
                value = eval(compile(last, "<cell %d>" % number, "eval"), names)
            result = repr(value)
        except BaseException as error:
            traceback.print_exc()
            outputs.append({"output_type": "error", "ename": type(error).__name__, "evalue": str(error)})
    if written.getvalue():
        outputs.insert(0, {"output_type": "stream", "name": "stdout", "text": written.getvalue()})
    if value is not None and not any(output["output_type"] == "error" for output in outputs):
        outputs.append({"output_type": "execute_result", "data": {"text/plain": result}})
    return outputs


def main():
    os.environ.setdefault("MPLBACKEND", "Agg")
    with open(os.path.join(FOLDER, "cells.json")) as file:
        sources = json.load(file)
    sys.path.insert(0, os.getcwd())
    try:
        report = {"how": "nbclient", "cells": with_nbclient(sources)}
    except Exception as error:
        report = {"how": "script", "why": "%s: %s" % (type(error).__name__, error), "cells": plainly(sources)}
    report["python"] = platform.python_version()
    with open(os.path.join(FOLDER, "out", "report.json"), "w") as file:
        json.dump(report, file)


if __name__ == "__main__":
    main()

"""Executes notebooks on the project's tslab kernel and writes them, executed and trusted, with an HTML page each.

execute.py FOLDER NOTEBOOK…: what happens is told on stdout, one JSON object a line:
{"event": "cell", "notebook", "done", "cells"} after each cell, and
{"event": "notebook", "notebook", "cells", "seconds", "faults": [text…], "summary": [text…]} after each notebook.
"""

import json
import os
import signal
import sys
import tempfile
import time
import warnings
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbconvert import HTMLExporter
from nbformat.sign import NotebookNotary


def tell(**event):
    print(json.dumps(event), flush=True)


def execute(source, folder):
    notebook = nbformat.read(source, as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell in cells:
        # Where execution ends early, what the cells after it said another time is not to be taken for this time's.
        cell.outputs, cell.execution_count = [], None
    done = 0
    unawaited = ""

    def after_cell(cell, **_):
        nonlocal done, unawaited
        # Read here, not at the end: closing its sockets, tslab meets errors of its own.
        unawaited += log.read()
        if cell is not settle:
            done += 1
            tell(event="cell", notebook=source.name, done=done, cells=len(cells))

    client = NotebookClient(
        notebook, kernel_name="tslab", timeout=None, startup_timeout=120, record_timing=False, on_cell_executed=after_cell,
        resources={"metadata": {"path": str(source.parent)}},
    )
    # A rejection of the last cell is reported after that cell has ended: one more cell waits for it.
    settle = nbformat.v4.new_code_cell("await new Promise((resolve) => setTimeout(resolve, 200))")
    notebook.cells.append(settle)
    start = time.monotonic()
    faults = []
    with tempfile.NamedTemporaryFile("r", prefix="ofa-faults-") as log:
        try:
            client.execute(env={**os.environ, "OFA_KERNEL_FAULTS": log.name})
        except CellExecutionError as error:
            faults.append(str(error).strip())
        except DeadKernelError:
            faults.append("The kernel died; most often for want of memory.")
    faults += filter(None, [unawaited.strip()])
    seconds = time.monotonic() - start
    notebook.cells.remove(settle)
    write(notebook, source.stem, folder)
    tell(
        event="notebook", notebook=source.name, cells=len(cells), seconds=seconds, faults=faults,
        summary=[text for cell in cells if "summary" in cell.metadata.get("tags", []) for text in texts(cell)],
    )


def texts(cell):
    """What the cell's outputs say in plain text, standard error included."""
    for output in cell.get("outputs", []):
        if output.output_type == "stream":
            yield output.text
        elif output.output_type in ("display_data", "execute_result") and "text/plain" in output.data:
            yield output.data["text/plain"]


def write(notebook, name, folder):
    nbformat.write(notebook, folder / f"{name}.ipynb")
    try:
        # JupyterLab strips the scripts, and with them the live figures, from outputs that it does not trust.
        NotebookNotary().sign(notebook)
    except OSError as error:
        print(f"{name}.ipynb could not be marked as trusted: {error}", file=sys.stderr)
    exporter = HTMLExporter(template_name="page", extra_template_basedirs=[str(Path(__file__).parent)])
    page, _ = exporter.from_notebook_node(notebook, resources={"metadata": {"name": name}})
    (folder / f"{name}.html").write_text(page, encoding="utf-8")


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    warnings.simplefilter("ignore")
    folder = Path(sys.argv[1])
    for path in sys.argv[2:]:
        execute(Path(path), folder)


try:
    main()
except KeyboardInterrupt:
    sys.exit(130)

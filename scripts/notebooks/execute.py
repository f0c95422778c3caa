"""Executes notebooks on the project's tslab Jupyter kernel. Writes them, executed and trusted, with an HTML page each.

Usage: execute.py FOLDER NOTEBOOK…
Prints one JSON object per line:
{"event": "cell", "notebook", "done", "cells"} after each cell, and
{"event": "notebook", "notebook", "cells", "seconds", "errors": [text…], "summary": [text…]} after each notebook.
"""

import signal

# An interrupt during the imports, which take a second, ends the program without a traceback.
signal.signal(signal.SIGINT, signal.SIG_DFL)

import json
import os
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


def emit(**event):
    print(json.dumps(event), flush=True)


def execute(source, folder):
    notebook = nbformat.read(source, as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell in cells:
        # If execution stops early, no cell may keep the outputs of an earlier execution.
        cell.outputs, cell.execution_count = [], None
    done = 0
    unhandled = ""

    def after_cell(cell, **_):
        nonlocal done, unhandled
        # Read after each cell and not at the end: tslab raises errors of its own when it closes its sockets.
        unhandled += log.read()
        if cell is not settle:
            done += 1
            emit(event="cell", notebook=source.name, done=done, cells=len(cells))

    client = NotebookClient(
        notebook,
        kernel_name="tslab",
        timeout=None,
        startup_timeout=120,
        record_timing=False,
        on_cell_executed=after_cell,
        resources={"metadata": {"path": str(source.parent)}},
    )
    # A rejection in the last cell is reported after the cell has ended: an extra cell waits for it.
    settle = nbformat.v4.new_code_cell("await new Promise((resolve) => setTimeout(resolve, 200))")
    notebook.cells.append(settle)
    start = time.monotonic()
    errors = []
    with tempfile.NamedTemporaryFile("r", prefix="ofa-errors-") as log:
        try:
            client.execute(env={**os.environ, "OFA_JUPYTER_ERROR_LOG": log.name})
        except CellExecutionError as error:
            errors.append(str(error).strip())
        except DeadKernelError:
            errors.append("The Jupyter kernel died, most likely because memory ran out.")
    errors += filter(None, [unhandled.strip()])
    seconds = time.monotonic() - start
    notebook.cells.remove(settle)
    try:
        keep(notebook, source.stem, folder, failed=bool(errors))
    except OSError as error:
        errors.append(f"Cannot write {error.filename}: {error.strerror}. Files of earlier executions are unchanged.")
    emit(
        event="notebook", notebook=source.name, cells=len(cells), seconds=seconds, errors=errors,
        summary=[text for cell in cells if "summary" in cell.metadata.get("tags", []) for text in texts(cell)],
    )


def texts(cell):
    """Yields the plain text of a cell's outputs, including standard error."""
    for output in cell.get("outputs", []):
        if output.output_type == "stream":
            yield output.text
        elif output.output_type in ("display_data", "execute_result") and "text/plain" in output.data:
            yield output.data["text/plain"]


def keep(notebook, name, folder, failed):
    """Writes a notebook and its page. Those of a failed execution do not replace those of the last good one."""
    failures = [folder / f"{name}.failed.{ending}" for ending in ("ipynb", "html")]
    if failed:
        write(notebook, f"{name}.failed", folder)
        return
    write(notebook, name, folder)
    for file in failures:
        file.unlink(missing_ok=True)


def write_files(texts):
    """Writes files, all or none: a full disk leaves the earlier ones as they are."""
    drafts = {file: file.with_name(f"{file.name}.{os.getpid()}.draft") for file in texts}
    try:
        for file, draft in drafts.items():
            try:
                with open(draft, "w", encoding="utf-8") as stream:
                    stream.write(texts[file])
                    stream.flush()
                    os.fsync(stream.fileno())
            except OSError as error:
                error.filename = str(file)
                raise
        for file, draft in drafts.items():
            os.replace(draft, file)
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)


def write(notebook, name, folder):
    try:
        # JupyterLab removes scripts, and with them live figures, from untrusted outputs.
        NotebookNotary().sign(notebook)
    except OSError as error:
        print(f"{name}.ipynb cannot be marked as trusted: {error}", file=sys.stderr)
    exporter = HTMLExporter(template_name="page", extra_template_basedirs=[str(Path(__file__).parent)])
    page, _ = exporter.from_notebook_node(notebook, resources={"metadata": {"name": name}})
    write_files({
        folder / f"{name}.ipynb": nbformat.writes(notebook).rstrip("\n") + "\n",
        folder / f"{name}.html": page,
    })


def main():
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    warnings.simplefilter("ignore")
    folder = Path(sys.argv[1])
    for path in sys.argv[2:]:
        execute(Path(path), folder)


try:
    main()
except KeyboardInterrupt:
    sys.exit(130)

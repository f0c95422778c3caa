"""Renders Plotly figures as pictures: reads one request per line from stdin and writes one response per line to stdout.

A request is JSON {id, figure, format, width, height, scale}; a response is {id, picture} (base64) or {id, error}.
The first argument is the path of plotly.js, so that static and live figures are drawn by the same code.
"""

import base64
import json
import os
import sys
import warnings
from pathlib import Path

# Keep anything that the libraries print out of the responses.
responses = sys.stdout
sys.stdout = sys.stderr
warnings.simplefilter("ignore", DeprecationWarning)


def respond(value):
    responses.write(json.dumps(value) + "\n")
    responses.flush()


def start_directly(scope):
    """Starts kaleido's program directly: its launcher, a shell script, fails if the path of its folder has a blank."""
    folder = Path(scope.executable_path()).parent
    program = folder / "bin" / "kaleido"
    if not program.exists():
        return
    libraries = [str(folder / "lib"), *filter(None, [os.environ.get("LD_LIBRARY_PATH")])]
    os.environ.update(
        LD_LIBRARY_PATH=":".join(libraries),
        FONTCONFIG_PATH=str(folder / "etc" / "fonts"),
        XDG_DATA_HOME=str(folder / "xdg"),
    )
    os.environ.pop("LD_PRELOAD", None)
    os.chdir(folder)
    scope.executable_path = classmethod(lambda _: str(program))


def main():
    try:
        from kaleido.scopes.plotly import PlotlyScope
        import plotly.graph_objects  # noqa: F401  (kaleido imports it at the first picture)
    except ImportError as error:
        respond({"id": None, "error": f"Python package missing: {error.name}"})
        return

    start_directly(PlotlyScope)
    # A URI: kaleido would split a path at a blank.
    scope = PlotlyScope(plotlyjs=Path(sys.argv[1]).resolve().as_uri())
    for line in sys.stdin:
        request = json.loads(line)
        try:
            picture = scope.transform(
                request["figure"], format=request["format"],
                width=request["width"], height=request["height"], scale=request["scale"],
            )
            respond({"id": request["id"], "picture": base64.b64encode(picture).decode("ascii")})
        except Exception as error:  # the failure concerns this figure only; the next may succeed
            respond({"id": request["id"], "error": str(error)})


main()

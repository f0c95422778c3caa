"""Draws Plotly figures as pictures: one request a line on stdin, one answer a line on stdout, until stdin ends.

A request is JSON {id, figure, format, width, height, scale}; an answer {id, picture} (base64) or {id, error}.
The first argument is the path of plotly.js, so that a picture comes from the same drawing code as the live figure.
"""

import base64
import json
import os
import sys
import warnings
from pathlib import Path

# Whatever the libraries print must not reach the answers.
answers = sys.stdout
sys.stdout = sys.stderr
warnings.simplefilter("ignore", DeprecationWarning)


def answer(value):
    answers.write(json.dumps(value) + "\n")
    answers.flush()


def start_directly(scope):
    """kaleido's own launcher, a shell script, does not quote its folder, whose path may have a blank in it: what it does is done here."""
    folder = Path(scope.executable_path()).parent
    program = folder / "bin" / "kaleido"
    if not program.exists():
        return
    libraries = [str(folder / "lib"), *filter(None, [os.environ.get("LD_LIBRARY_PATH")])]
    os.environ.update(LD_LIBRARY_PATH=":".join(libraries), FONTCONFIG_PATH=str(folder / "etc" / "fonts"), XDG_DATA_HOME=str(folder / "xdg"))
    os.environ.pop("LD_PRELOAD", None)
    os.chdir(folder)
    scope.executable_path = classmethod(lambda _: str(program))


def main():
    try:
        from kaleido.scopes.plotly import PlotlyScope
        import plotly.graph_objects  # noqa: F401  (kaleido imports it at the first picture)
    except ImportError as error:
        answer({"id": None, "error": f"Python package missing: {error.name}"})
        return

    start_directly(PlotlyScope)
    # As an address: the path of a folder with a blank in it would be split.
    scope = PlotlyScope(plotlyjs=Path(sys.argv[1]).resolve().as_uri())
    for line in sys.stdin:
        request = json.loads(line)
        try:
            picture = scope.transform(
                request["figure"], format=request["format"],
                width=request["width"], height=request["height"], scale=request["scale"],
            )
            answer({"id": request["id"], "picture": base64.b64encode(picture).decode("ascii")})
        except Exception as error:  # any failure belongs to this one figure, and the next may succeed
            answer({"id": request["id"], "error": str(error)})


main()

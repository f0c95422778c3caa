"""Draws Plotly figures as pictures: one request a line on stdin, one answer a line on stdout, until stdin ends.

A request is JSON {id, figure, format, width, height, scale}; an answer {id, picture} (base64) or {id, error}.
The first argument is the path of plotly.js, so that a picture comes from the same drawing code as the live figure.
"""

import base64
import json
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


def main():
    try:
        from kaleido.scopes.plotly import PlotlyScope
        import plotly.graph_objects  # noqa: F401  (kaleido imports it at the first picture)
    except ImportError as error:
        answer({"id": None, "error": f"Python package missing: {error.name}"})
        return

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

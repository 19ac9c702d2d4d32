"""An app that was broken into: on request it is a bad neighbour, in every way of `ways.py` at once, for a while."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator

from flask import Flask, Response, request
from ways import WAYS

app = Flask(__name__)
FLAG = os.path.join(os.environ.get("STATE_DIRECTORY", "/nonexistent"), "sick")


@app.get("/healthz")
def health() -> Response | str:
    """A good answer; while the flag is there one that never ends, in drops."""
    return Response(_drops(), mimetype="text/plain") if os.path.exists(FLAG) else "ok"


def _drops() -> Iterator[str]:
    while True:
        yield "\x1b[31mdrop"
        time.sleep(0.2)


@app.post("/attack")
def attack() -> dict[str, object]:
    """Begins all ways at once, each in a process of its own, for so many seconds; says how many."""
    end = time.monotonic() + float(request.args["seconds"])
    for way in WAYS.values():
        if os.fork():
            continue
        signal.alarm(int(end - time.monotonic()) + 5)
        os.setsid()
        try:
            way(end)
        except Exception as error:  # refused, as it should be
            print(f"refused: {error!r}", file=sys.stderr)
        os._exit(0)
    return {"ways": len(WAYS)}


@app.get("/")
def home() -> str:
    return "hostile"

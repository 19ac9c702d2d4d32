"""Metrics for Prometheus, of all workers together, for whoever sends METRICS_TOKEN; without it there are none."""

import fcntl
import hmac
import itertools
import os
import time
from functools import cache
from pathlib import Path
from typing import TextIO

from flask import Flask, Response, abort, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


def init_app(app: Flask) -> None:
    """Measure every request, and answer at /metrics, if the configuration has a token for it."""
    if not app.config["METRICS_TOKEN"]:
        return
    folder = app.config["METRICS_FOLDER"]
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
    values.ValueClass = values.MultiProcessValue(lambda: Path(_place(folder, os.getpid()).name).stem)
    requests = Counter("http_requests_total", "Requests", ["method", "route", "status"], registry=None)
    duration = Histogram("http_request_duration_seconds", "Time taken", ["route"], registry=None, buckets=BUCKETS)

    @app.after_request
    def measure(response: Response) -> Response:
        # Nothing of what visitors choose becomes a label, or there would be labels without end.
        rule = request.url_rule
        method, route = (request.method, rule.rule) if rule else ("any", "none")
        requests.labels(method, route, str(response.status_code)).inc()
        duration.labels(route).observe(time.perf_counter() - g.started)
        return response

    @app.get("/metrics")
    def metrics() -> Response:
        expected = f"Bearer {app.config['METRICS_TOKEN']}"
        if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), expected.encode()):
            abort(404)  # to anyone without the token there is no such page
        registry = CollectorRegistry()
        MultiProcessCollector(registry, folder)
        return Response(generate_latest(registry), mimetype="text/plain; version=0.0.4")


@cache
def _place(folder: str, process: int) -> TextIO:
    """The first of the places 0, 1, ... that no living process holds: this one counts on where the last one stopped.

    By the library's own way, with a file for each process, every worker that ever was would leave one.
    """
    for number in itertools.count():
        file = open(f"{folder}/{number}.place", "w")  # noqa: SIM115  (it stays open)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # until the process ends, however it ends
        except BlockingIOError:
            file.close()
        else:
            break
    return file

"""Metrics for Prometheus, of all workers together, for whoever sends METRICS_TOKEN; without it there are none."""

from __future__ import annotations

import fcntl
import hmac
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Blueprint, Response, abort, current_app, g, request

if TYPE_CHECKING:
    from flask import Flask

METHODS = {"GET", "HEAD", "POST", "DELETE", "OPTIONS"}
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
blueprint = Blueprint("metrics", __name__)


def init_app(app: Flask) -> None:
    """Measure every request, and answer at /metrics, if the configuration has a token for it."""
    if app.config["METRICS_TOKEN"]:
        app.extensions["metrics"] = Metrics(Path(app.config["METRICS_FOLDER"]))
        app.after_request(measure)
        app.register_blueprint(blueprint)


def measure(response: Response) -> Response:
    """Add this request; nothing of what visitors choose becomes a label, or there would be labels without end."""
    route = request.url_rule.rule if request.url_rule else "none"
    method = request.method if request.method in METHODS else "other"
    metrics: Metrics = current_app.extensions["metrics"]
    metrics.requests.labels(method, route, str(response.status_code)).inc()
    metrics.duration.labels(route).observe(time.perf_counter() - g.started)
    return response


@blueprint.get("/metrics")
def metrics() -> Response:
    """All metrics, as text; to anyone without the token there is no such page."""
    expected = f"Bearer {current_app.config['METRICS_TOKEN']}"
    if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), expected.encode()):
        abort(404)
    gathered: Metrics = current_app.extensions["metrics"]
    return Response(gathered.text(), mimetype="text/plain; version=0.0.4")


class Metrics:
    """The metrics of this process, kept in files in `folder` beside those of all others."""

    def __init__(self, folder: Path) -> None:
        # The library looks here, once, when it is imported.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
        from prometheus_client import CollectorRegistry, Counter, Histogram

        self.folder = folder
        own = CollectorRegistry()
        self.requests = Counter("http_requests_total", "Requests", ["method", "route", "status"], registry=own)
        self.duration = Histogram(
            "http_request_duration_seconds", "How long requests took", ["route"], registry=own, buckets=BUCKETS
        )

    def text(self) -> bytes:
        """The sums over all processes, in Prometheus's format."""
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector

        with open(self.folder / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._fold_ended()
            registry = CollectorRegistry()
            MultiProcessCollector(registry, str(self.folder))
            return generate_latest(registry)

    def _fold_ended(self) -> None:
        """Add the files of processes that have ended into one, or every worker that ever was would leave its own."""
        from prometheus_client.mmap_dict import MmapedDict

        for file in self.folder.glob("*_[0-9]*.db"):
            kind, pid = file.stem.split("_")
            if not _runs(int(pid)):
                total = MmapedDict(str(self.folder / f"{kind}_ended.db"))
                for key, value, _, _ in MmapedDict.read_all_values_from_file(str(file)):
                    total.write_value(key, total.read_value(key)[0] + value, 0.0)
                total.close()
                file.unlink()


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):  # a process of another user is none of our workers
        return False
    return True
